import { CONNACK, CONNECT, PUBLISH, SUBSCRIBE, UNSUBACK, UNSUBSCRIBE, WILL } from '../packet-sets.ts'
import type { QoS } from '../packet-type.ts'
import type { Packet } from '../packet.ts'
import type { AcknowledgementPacket } from '../packets/acknowledgement.ts'
import type { AuthPacket } from '../packets/auth.ts'
import { RETURN_CODES, type ConnackPacket } from '../packets/connack.ts'
import { flagsOf, type ConnectPacket, type Will } from '../packets/connect.ts'
import type { PublishPacket } from '../packets/publish.ts'
import type { SubackPacket, UnsubackPacket } from '../packets/suback.ts'
import {
  optionsOf,
  type SubscribePacket,
  type SubscriptionRequest,
  type UnsubscribePacket,
} from '../packets/subscribe.ts'
import type { ReasonProperties } from '../properties.ts'
import {
  binary,
  checkReasonCode,
  end,
  integer,
  list,
  packetId,
  position,
  reasonCodeIn,
  refuse,
  rest,
  string,
  topicName,
  version,
  violation,
  writing,
} from './fields.ts'
import { propertyList } from './property-list.ts'

/**
 * What comes behind the fixed header of a kind of packets. Writing, it is given the packet; reading, an empty one. `packets` is its kind as in
 * `packet-sets.ts`. Where a Client needs one direction only, the rules of the other are left out, but not the direction: what was written is
 * read back for whoever watches packets.
 */
type Body<P> = (
  given: P,
  packets: number,
  flags: number,
) => { readonly [Key in Exclude<keyof P, 'type'>]-?: P[Key] | undefined }

const connect: Body<ConnectPacket> = (given) => {
  string(version === 3 ? 'MQIsdp' : 'MQTT')
  integer(1, version)
  const flags = integer(1, flagsOf(given))
  if ((flags & 0x18) === 0x18) refuse('QoS 3')
  if (version < 5 && (flags & 0xc0) === 0x40) refuse('a Password without a User Name')
  return {
    protocolVersion: version,
    cleanStart: (flags & 2) > 0,
    keepAliveSeconds: integer(2, given.keepAliveSeconds),
    properties: propertyList(given.properties, CONNECT),
    clientId: string(given.clientId),
    will: flags & 4 ? willOf(given.will ?? ({} as Will), flags) : undefined,
    username: flags & 0x80 ? string(given.username!) : undefined,
    password: flags & 0x40 ? binary(given.password!) : undefined,
  }
}

const willOf = (given: Will, flags: number) =>
  ({
    properties: propertyList(given.properties, WILL),
    topicName: topicName(given.topicName),
    payload: binary(given.payload),
    qos: ((flags >> 3) & 3) as QoS,
    retain: (flags & 0x20) > 0,
  }) as Will

const connack: Body<ConnackPacket> = () => {
  const at = position
  const flags = integer(1, 0)
  // In 3.1 the byte is reserved and not used.
  if (flags > 1 && version > 3) refuse('flags', at)
  const code = integer(1, 0)
  const reasonCode = checkReasonCode(version < 5 ? (RETURN_CODES[code] ?? -1) : code, CONNACK, at + 1)
  const sessionPresent = flags === 1 && version > 3
  if (sessionPresent && reasonCode) violation('a Session beside a refusal', at)
  return { sessionPresent, reasonCode, properties: propertyList<object>(undefined, CONNACK) }
}

const publish: Body<PublishPacket> = (given, _packets, flags) => {
  const at = position
  const qos = ((flags >> 1) & 3) as QoS
  const name = topicName(given.topicName)
  const id = qos ? packetId(given.packetId!) : undefined
  const properties = propertyList(given.properties, PUBLISH)
  if (!name && !properties?.topicAlias) violation('an empty Topic Name', at)
  return {
    topicName: name,
    payload: rest(given.payload),
    qos,
    retain: (flags & 1) > 0,
    dup: (flags & 8) > 0,
    packetId: id,
    properties,
  }
}

/** What ends six kinds of packets. Either part may be left out from behind where it says nothing. */
const reason = (given: { readonly reasonCode: number; readonly properties?: ReasonProperties }, packets: number) => {
  const isThere = version > 4 && (writing ? given.reasonCode || given.properties : position < end)
  return {
    reasonCode: isThere ? reasonCodeIn(packets, given.reasonCode) : 0,
    properties:
      isThere && (writing ? given.properties : position < end) ? propertyList(given.properties, packets) : undefined,
  }
}

const acknowledgement: Body<AcknowledgementPacket> = (given, packets) => ({
  packetId: packetId(given.packetId),
  ...reason(given, packets),
})

const subscribe: Body<SubscribePacket> = (given) => ({
  packetId: packetId(given.packetId),
  properties: propertyList(given.properties, SUBSCRIBE),
  subscriptions: list(given.subscriptions, subscription),
})

const subscription = (given: SubscriptionRequest): SubscriptionRequest => {
  const topicFilter = string(given.topicFilter)
  const options = integer(1, optionsOf(given, version))
  if ((options & 3) === 3 || (options & 0x30) === 0x30) refuse('QoS 3 or Retain Handling 3')
  return {
    topicFilter,
    qos: (options & 3) as QoS,
    noLocal: (options & 4) > 0,
    retainAsPublished: (options & 8) > 0,
    retainHandling: (options >> 4) as 0 | 1 | 2,
  }
}

const unsubscribe: Body<UnsubscribePacket> = (given) => ({
  packetId: packetId(given.packetId),
  properties: propertyList(given.properties, UNSUBSCRIBE),
  topicFilters: list(given.topicFilters, string),
})

const codes: Body<SubackPacket | UnsubackPacket> = (given, packets) => {
  const id = packetId(given.packetId)
  const isOlder = version < 5
  // Before 5.0 UNSUBACK has none.
  if (isOlder && packets === UNSUBACK) return { packetId: id, reasonCodes: [], properties: undefined }
  return {
    packetId: id,
    properties: propertyList(given.properties, packets),
    reasonCodes: list(given.reasonCodes, (code) => {
      const reasonCode = reasonCodeIn(packets, code)
      // Before 5.0 there is one refusal.
      if (isOlder && reasonCode > 0x80) refuse('a Reason Code of 5.0')
      return reasonCode
    }),
  }
}

const auth: Body<AuthPacket> = (given, packets) => {
  const isEmpty = writing ? !(given.reasonCode || given.properties) : position === end
  const fields = reason(given, packets)
  const properties: AuthPacket['properties'] = fields.properties
  if (!isEmpty && properties?.authenticationMethod === undefined) violation('no Authentication Method')
  return fields
}

const nothing = () => ({})

/** In the order of their Message Types, from 1. */
const BODIES = {
  connect,
  connack,
  publish,
  puback: acknowledgement,
  pubrec: acknowledgement,
  pubrel: acknowledgement,
  pubcomp: acknowledgement,
  subscribe,
  suback: codes,
  unsubscribe,
  unsuback: codes,
  pingreq: nothing,
  pingresp: nothing,
  disconnect: reason,
  auth,
} as unknown as { readonly [Type in Packet['type']]: Body<Packet> }

const TYPES = /* @__PURE__ */ Object.keys(BODIES) as readonly Packet['type'][]

/** The Message Type of a kind of packets. */
export const numberOf = (type: Packet['type']): number => TYPES.indexOf(type) + 1

/** The packet that is read from here on, or that is written. */
export const body = (firstByte: number, given = {} as Packet): Packet => {
  const number = firstByte >> 4
  const type = TYPES[number - 1]!
  return { type, ...BODIES[type](given, 1 << number, firstByte) } as Packet
}
