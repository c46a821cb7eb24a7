import { matches } from '@godwit/mqtt-topics'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NaiveBroker } from './naive-broker.ts'
import { naivelyMatches } from './naive-matching.ts'

const ask = (broker: NaiveBroker, topicName = 't'): string => {
  broker.publishRead(9, 1, 'p', topicName)
  const { mayBeNobody, mayBeSomebody } = broker.answer(9, 1)!
  return mayBeNobody ? (mayBeSomebody ? 'unknown' : 'nobody') : 'somebody'
}

const subscribed = (expirySeconds: number): NaiveBroker => {
  const broker = new NaiveBroker()
  broker.connectRead('s', true)
  broker.connected('s', false, expirySeconds > 0, expirySeconds)
  broker.subscribeRead('s', 't', false)
  return broker
}

describe('the naive model', () => {
  it('matches as the library does', () => {
    const level = fc.constantFrom('a', 'b', '', '$x', '+')
    const name = fc.array(fc.constantFrom('a', 'b', '', '$x'), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.array(level, { minLength: 1, maxLength: 4 }), fc.boolean(), name, (levels, all, names) => {
        const topicFilter = [...levels, ...(all ? ['#'] : [])].join('/')
        const topicName = names.join('/')
        fc.pre(topicFilter !== '' && topicName !== '')
        expect(naivelyMatches(topicFilter, topicName)).toBe(matches(topicFilter, topicName))
      }),
      { numRuns: 2_000 },
    )
  })

  it('does not know until the answer is there', () => {
    const broker = subscribed(100)
    expect(ask(broker)).toBe('unknown')
    broker.subscribed('s', 't', true)
    expect(ask(broker)).toBe('somebody')
    expect(ask(broker, 'u')).toBe('nobody')
    broker.unsubscribeRead('s', 't')
    expect(ask(broker)).toBe('unknown')
    broker.unsubscribed('s', 't')
    expect(ask(broker)).toBe('nobody')
  })

  it('does not know whether No Local holds until the answer to a second SUBSCRIBE is there', () => {
    const broker = subscribed(100)
    broker.subscribed('s', 't', true)
    broker.subscribeRead('s', 't', false)
    expect(ask(broker)).toBe('somebody')
    broker.subscribeRead('s', 't', true)
    expect(ask(broker)).toBe('unknown')
    broker.subscribed('s', 't', true)
    broker.subscribed('s', 't', true)
    expect(ask(broker)).toBe('somebody')
  })

  it('knows how long a Session lasts, and that a crash takes some of them', () => {
    const lasting = subscribed(100)
    lasting.subscribed('s', 't', true)
    lasting.disconnected('s', 0)
    lasting.pass(90_000)
    expect(ask(lasting)).toBe('somebody')
    lasting.processEnded(90_000, false)
    expect(ask(lasting)).toBe('somebody')
    lasting.pass(100_000)
    expect(ask(lasting)).toBe('unknown')
    lasting.connectRead('s', false)
    lasting.connected('s', true, true, 100)
    expect(ask(lasting)).toBe('somebody')
    const short = subscribed(0)
    short.subscribed('s', 't', true)
    short.processEnded(1_000, false)
    expect(ask(short)).toBe('nobody')
  })

  it('takes an answer that was right at some time between question and answer', () => {
    const broker = subscribed(100)
    broker.subscribed('s', 't', true)
    broker.publishRead(9, 1, 'p', 't')
    broker.connectRead('s', true)
    broker.connected('s', false, true, 100)
    expect(broker.answer(9, 1)).toEqual({ mayBeNobody: true, mayBeSomebody: true })
    expect(ask(broker)).toBe('nobody')
  })
})
