import type { PubackPacket, PubcompPacket, PubrecPacket, PubrelPacket } from './packets/acknowledgement.ts'
import type { AuthPacket } from './packets/auth.ts'
import type { ConnackPacket } from './packets/connack.ts'
import type { ConnectPacket } from './packets/connect.ts'
import type { DisconnectPacket } from './packets/disconnect.ts'
import type { PingreqPacket, PingrespPacket } from './packets/ping.ts'
import type { PublishPacket } from './packets/publish.ts'
import type { SubackPacket, SubscribePacket } from './packets/subscribe.ts'
import type { UnsubackPacket, UnsubscribePacket } from './packets/unsubscribe.ts'

/** Any Control Packet; `type` tells which. The same objects serve all protocol versions. */
export type Packet =
  | ConnectPacket
  | ConnackPacket
  | PublishPacket
  | PubackPacket
  | PubrecPacket
  | PubrelPacket
  | PubcompPacket
  | SubscribePacket
  | SubackPacket
  | UnsubscribePacket
  | UnsubackPacket
  | PingreqPacket
  | PingrespPacket
  | DisconnectPacket
  | AuthPacket
