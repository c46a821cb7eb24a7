import type { Body } from './body.ts'
import {
  acknowledgement,
  type PubackPacket,
  type PubcompPacket,
  type PubrecPacket,
  type PubrelPacket,
} from './packets/acknowledgement.ts'
import { auth, type AuthPacket } from './packets/auth.ts'
import { connack, type ConnackPacket } from './packets/connack.ts'
import { connect, type ConnectPacket } from './packets/connect.ts'
import { disconnect, type DisconnectPacket } from './packets/disconnect.ts'
import { pingreq, pingresp, type PingreqPacket, type PingrespPacket } from './packets/ping.ts'
import { publish, type PublishPacket } from './packets/publish.ts'
import { suback, unsuback, type SubackPacket, type UnsubackPacket } from './packets/suback.ts'
import { subscribe, unsubscribe, type SubscribePacket, type UnsubscribePacket } from './packets/subscribe.ts'

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

/** By Message Type. */
export const BODIES = [
  undefined,
  connect,
  connack,
  publish,
  acknowledgement,
  acknowledgement,
  acknowledgement,
  acknowledgement,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  pingreq,
  pingresp,
  disconnect,
  auth,
] as readonly (Body<Packet> | undefined)[]
