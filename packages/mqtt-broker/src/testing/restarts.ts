import type { Packet } from '@godwit/mqtt-codec'
import { RecordTag, rangeOfTag } from '../core/records/keys.ts'
import type { CrashStore } from './crash-store.ts'
import { summary } from './packets.ts'
import { VirtualBroker, type VirtualBrokerOptions, type VirtualClient } from './virtual-broker.ts'

export const seen = (client: VirtualClient): string[] => client.received().map(summary)

export const lasting = (seconds: number) =>
  ({ cleanStart: false, properties: { sessionExpiryIntervalSeconds: seconds } }) as const
export const LASTING = lasting(3600)

export const acknowledge = (type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', packetId: number): Packet => ({
  type,
  packetId,
  reasonCode: 0,
})

/** The process is killed and started again on what its store has. */
export const restart = (
  broker: VirtualBroker,
  options: VirtualBrokerOptions & { readonly awayMs?: number; readonly fate?: 'lost' | 'kept' } = {},
): VirtualBroker => {
  const { awayMs = 0, fate = 'lost', ...rest } = options
  const wallMs = broker.now + broker.wallOffsetMs + awayMs
  return new VirtualBroker({ wallMs, ...rest, store: broker.crash(fate) })
}

export const count = (store: CrashStore, tag: number): number => store.read(rangeOfTag(tag)).length
export const leftovers = (store: CrashStore): Record<string, number> =>
  Object.fromEntries(
    Object.entries(RecordTag)
      .map(([name, tag]) => [name, count(store, tag)] as const)
      .filter(([name, records]) => records > 0 && name !== 'format' && name !== 'clock'),
  )
