import { describe, expect, it } from 'vitest'
import {
  checkRetained,
  checkShared,
  checkStream,
  checkUnreliable,
  checkWill,
  type Sent,
  type WillDuty,
} from './checks.ts'
import { Findings, type Kind } from './findings.ts'

const found = (work: (findings: Findings) => void): Partial<Record<Kind, number>> => {
  const findings = new Findings()
  work(findings)
  return Object.fromEntries([...findings.counts].filter(([, count]) => count > 0))
}
const sent = (qos: 1 | 2, newest: number, acknowledged: number[], judged: number): Sent => ({
  topicName: 't',
  qos,
  sent: newest,
  judged,
  acknowledged: new Set(acknowledged),
})

describe('a stream', () => {
  const stream = (qos: 1 | 2, received: number[], acknowledged = [1, 2, 3], judged = 0) =>
    found((findings) => checkStream(findings, 'a', sent(qos, 5, acknowledged, judged), qos, received))

  it('that is whole is fine, also with messages that nobody had acknowledged yet', () => {
    expect(stream(2, [1, 2, 3])).toEqual({})
    expect(stream(2, [1, 2, 3, 4, 5])).toEqual({})
    expect(stream(2, [3], [1, 2, 3], 2)).toEqual({})
  })

  it('without an acknowledged message has lost it', () => {
    expect(stream(1, [1, 3])).toEqual({ lost: 1 })
    expect(stream(2, [])).toEqual({ lost: 3 })
  })

  it('of QoS 2 repeats nothing, of QoS 1 it may', () => {
    expect(stream(2, [1, 2, 2, 3])).toEqual({ repeated: 1 })
    expect(stream(1, [1, 2, 1, 2, 3])).toEqual({})
  })

  it('may begin, with QoS 1, by what had come before the last look; QoS 2 may not', () => {
    expect(stream(1, [1, 2, 3], [3], 2)).toEqual({})
    expect(stream(2, [2, 3], [3], 2)).toEqual({ repeated: 1 })
  })

  it('is in order, judged by each first arrival', () => {
    expect(stream(1, [1, 3, 2])).toEqual({ 'out of order': 1 })
    expect(stream(2, [2, 1, 3])).toEqual({ 'out of order': 1 })
  })

  it('holds nothing that was never sent', () => {
    expect(stream(1, [1, 2, 3, 9])).toEqual({ protocol: 1 })
  })
})

it('[MQTT-4.8.2-5] the members of a Shared Subscription have everything together, and no QoS 2 message twice', () => {
  const shared = (qos: 1 | 2, received: number[], judged = 0) =>
    found((findings) => checkShared(findings, 'crew', sent(qos, 5, [1, 2, 3], judged), received))
  expect([shared(2, [3, 1, 2]), shared(1, [1, 2, 1, 3]), shared(2, [1, 2, 3, 4])]).toEqual([{}, {}, {}])
  expect(shared(1, [1, 3])).toEqual({ lost: 1 })
  expect(shared(2, [1, 2, 3, 2])).toEqual({ repeated: 1 })
  expect(shared(2, [3, 2], 2)).toEqual({ repeated: 1 })
})

it('what is not reliable still comes in order and once', () => {
  const unreliable = (received: number[]) => found((findings) => checkUnreliable(findings, 'a', 't', received))
  expect(unreliable([1, 4, 9])).toEqual({})
  expect(unreliable([1, 1])).toEqual({ repeated: 1 })
  expect(unreliable([2, 1])).toEqual({ 'out of order': 1 })
})

it('a topic retains the last acknowledged, or something sent after it', () => {
  const steps = [
    { value: 'a', acknowledged: true },
    { value: undefined, acknowledged: true },
    { value: 'b', acknowledged: true },
    { value: 'c', acknowledged: false },
  ]
  const retained = (value: string | undefined, of = steps) =>
    found((findings) => checkRetained(findings, 't', of, value))
  expect(retained('b')).toEqual({})
  expect(retained('c')).toEqual({})
  expect(retained('a')).toEqual({ 'retained wrong': 1 })
  expect(retained(undefined)).toEqual({ 'retained wrong': 1 })
  expect(retained(undefined, steps.slice(0, 2))).toEqual({})
  expect(retained('a', steps.slice(0, 2))).toEqual({ 'retained wrong': 1 })
  expect(retained(undefined, [])).toEqual({})
  expect(retained(undefined, [{ value: 'a', acknowledged: false }])).toEqual({})
})

it('a Will comes once, where it is due', () => {
  const will = (duty: WillDuty, times: number, qos: 1 | 2 = 2) =>
    found((findings) => checkWill(findings, 'w', qos, duty, times))
  expect([will('due', 1), will('possible', 0), will('possible', 1), will('cancelled', 0)]).toEqual([{}, {}, {}, {}])
  expect(will('due', 2, 1)).toEqual({})
  const wrong = { 'will wrong': 1 }
  expect([will('due', 0), will('due', 2), will('possible', 2), will('cancelled', 1)]).toEqual([
    wrong,
    wrong,
    wrong,
    wrong,
  ])
})
