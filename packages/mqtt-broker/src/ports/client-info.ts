import type { ProtocolVersion } from '@godwit/mqtt-codec'
import type { PeerInfo } from '@godwit/mqtt-transport'

/** A connected Client, as hooks, observers and the list of clients show it. */
export interface ClientInfo {
  readonly clientId: string
  readonly principal: string
  readonly username: string | undefined
  readonly protocolVersion: ProtocolVersion
  readonly peer: PeerInfo
  /** Milliseconds of the broker's monotonic clock. */
  readonly connectedAtMs: number
  readonly keepAliveSeconds: number
  readonly cleanStart: boolean
  /** Seconds; Infinity: never. */
  readonly sessionExpiryIntervalSeconds: number
  readonly subscriptions: number
}
