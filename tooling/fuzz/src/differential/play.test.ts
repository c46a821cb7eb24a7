import type { BrokerOptions } from '@godwit/mqtt-broker'
import { describe, expect, it } from 'vitest'
import { godwitStarter, type StartBroker } from './brokers.ts'
import { Comparison } from './comparison.ts'
import { explain } from './explanations.ts'
import { script } from './script.ts'
import { Random } from '../random.ts'

const CONVERSATIONS = 8

/** Conversations until something is found. */
const compared = async (theirs: StartBroker): Promise<Comparison> => {
  const comparison = new Comparison([godwitStarter(), theirs], explain)
  while (comparison.conversations < CONVERSATIONS && comparison.unexplained.length === 0)
    await comparison.run(comparison.conversations + 1)
  return comparison
}

describe('the same conversation with two brokers', () => {
  it('has no difference where both are the same', async () => {
    const { explained, unexplained, steps } = await compared(godwitStarter())
    expect({ explained: explained.size, unexplained }).toEqual({ explained: 0, unexplained: [] })
    // Nothing ended before its time.
    expect(steps).toBe(CONVERSATIONS * script(new Random(1)).length)
  })

  it.each<[string, BrokerOptions]>([
    ['keeps no retained messages', { settings: { retainAvailable: false } }],
    ['grants less than QoS 2', { settings: { maximumQos: 1 } }],
    ['sends one copy for several Subscriptions', { settings: { overlappingSubscriptions: 'one-copy' } }],
    ['lets nobody take over', { settings: { clientTakeover: 'never' } }],
    ['keeps no Session', { limits: { maximumSessionExpirySeconds: 0 } }],
  ])('shows one that %s', async (_what, options) => {
    const { unexplained } = await compared(godwitStarter(options))
    expect(unexplained).toHaveLength(1)
  })
})
