import { describe, expect, it } from 'vitest'
import { VirtualBroker } from '../testing/virtual-broker.ts'
import { Counters } from './counters.ts'
import { assertSound } from './sound-counters.ts'

describe('assertSound', () => {
  it('lets everything pass that a broker may count', () => {
    const counters = new Counters()
    expect(() => assertSound(counters)).not.toThrow()
    Object.assign(counters, {
      connections: 2,
      unauthenticatedConnections: 2,
      unauthenticatedBytes: 40,
      queuedMessages: 3,
    })
    expect(() => assertSound(counters)).not.toThrow()
  })

  it.each([
    { queuedMessages: -1 },
    { queuedBytes: -1 },
    { retainedMessages: -1 },
    { retainedBytes: -1 },
    { sessions: -1 },
    { subscriptions: -1 },
    { unauthenticatedConnections: -1 },
    { unauthenticatedConnections: 1 },
    { unauthenticatedBytes: -1 },
  ])('I20 refuses %o', (unsound) => {
    expect(() => assertSound(Object.assign(new Counters(), unsound))).toThrow('This should always hold')
  })

  it('I20 is asked in each turn of the loop', () => {
    const broker = new VirtualBroker()
    broker.core.counters.queuedBytes = -1
    expect(() => broker.core.continue(0)).toThrow('This should always hold')
  })
})
