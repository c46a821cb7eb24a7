import { encode } from '@godwit/mqtt-codec'
import type { Peer } from '../broker/peer.ts'

/** The monotonic clock, which all processes of the machine share. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6

export const pass = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

export const hello = (peer: Peer, clientId: string): Promise<void> =>
  peer.request(encode({ type: 'connect', protocolVersion: 4, clientId, cleanStart: true, keepAliveSeconds: 0 }, 4))

export const subscribe = (peer: Peer, topicFilter: string): Promise<void> => {
  const options = { topicFilter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
  return peer.request(encode({ type: 'subscribe', packetId: 1, subscriptions: [options] }, 4))
}
