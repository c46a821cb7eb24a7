import * as fc from 'fast-check'
import type { Packet } from '../packet.ts'
import { PacketType, type ProtocolVersion } from '../packet-type.ts'
import { PROPERTIES } from '../properties.ts'
import { isReasonCodeOf } from '../reason-codes.ts'
import {
  BINARY,
  FLAG,
  FOUR_BYTES,
  NOT_ZERO,
  REPEATABLE,
  TEXT,
  TEXT_PAIR,
  TOPIC_NAME,
  TWO_BYTES,
  VARIABLE,
} from '../wire-types.ts'
import {
  AUTH,
  CONNACK,
  CONNECT,
  DISCONNECT,
  PUBACK,
  PUBLISH,
  SUBACK,
  SUBSCRIBE,
  UNSUBACK,
  UNSUBSCRIBE,
  WILL,
} from '../packet-sets.ts'

/** Text without U+0000, of every length of UTF-8. */
export const text = (): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('a', 'Z', ' ', '~', 'é', '€', '\uFEFF', '😀'), maxLength: 12 })

const packetId = fc.integer({ min: 1, max: 65_535 })
const bytes = fc.uint8Array({ maxLength: 20 })
const topicName = text().filter((name) => name !== '')
const topicFilter = fc.oneof(topicName, fc.constantFrom('#', '+', 'a/#', '+/b', '$share/g/a', '/'))

const valueOf = (wireType: number): fc.Arbitrary<unknown> => {
  switch (wireType & ~REPEATABLE) {
    case FLAG:
      return fc.boolean()
    case TWO_BYTES:
      return fc.nat(65_535)
    case TWO_BYTES | NOT_ZERO:
      return packetId
    case FOUR_BYTES:
      return fc.nat(0xffff_ffff)
    case FOUR_BYTES | NOT_ZERO:
      return fc.integer({ min: 1, max: 0xffff_ffff })
    case VARIABLE | NOT_ZERO:
      return fc.oneof(fc.constantFrom(127, 128, 16_383, 16_384, 268_435_455), fc.integer({ min: 1, max: 268_435_455 }))
    case BINARY:
      return bytes
    case TEXT:
      return text()
    case TOPIC_NAME:
      return topicName
    case TEXT_PAIR:
      return fc.tuple(text(), text())
    default:
      return fc.constantFrom(0, 1)
  }
}

/** Properties that may stand in a packet; none at all is `{}`, as a decoder gives it or leaves it out. */
const propertiesOf = (packets: number): fc.Arbitrary<Record<string, unknown>> => {
  const model: Record<string, fc.Arbitrary<unknown>> = {}
  for (const [, name, wireType, where] of PROPERTIES) {
    if ((where & packets) === 0) continue
    const value = valueOf(wireType)
    model[name] = (wireType & REPEATABLE) !== 0 ? fc.array(value, { minLength: 1, maxLength: 3 }) : value
  }
  return fc.record(model, { requiredKeys: [] }).map((properties) => {
    // Authentication Data is nothing without its method [MQTT-4.12.0].
    if (properties['authenticationData'] !== undefined) properties['authenticationMethod'] ??= 'method'
    return properties
  })
}

const withProperties = (
  version: ProtocolVersion,
  packets: number,
): fc.Arbitrary<{ properties?: Record<string, unknown> }> =>
  version < 5
    ? fc.constant({})
    : propertiesOf(packets).map((properties) => (Object.keys(properties).length === 0 ? {} : { properties }))

const reasonCode = (type: number, version: ProtocolVersion): fc.Arbitrary<number> => {
  if (version < 5) return fc.constant(0)
  const codes = Array.from({ length: 256 }, (_, code) => code).filter((code) => isReasonCodeOf(type as 2, code))
  return fc.constantFrom(...codes)
}

const merged = (...parts: fc.Arbitrary<object>[]): fc.Arbitrary<Packet> =>
  fc.tuple(...parts).map((each) => Object.assign({}, ...each) as Packet)

const will = (version: ProtocolVersion): fc.Arbitrary<object> =>
  merged(
    fc.record({ topicName, payload: bytes, qos: fc.constantFrom(0, 1, 2), retain: fc.boolean() }),
    withProperties(version, WILL),
  )

const connect = (version: ProtocolVersion): fc.Arbitrary<Packet> =>
  merged(
    fc.record({
      type: fc.constant('connect'),
      protocolVersion: fc.constant(version),
      clientId: text(),
      cleanStart: fc.boolean(),
      keepAliveSeconds: fc.nat(65_535),
    }),
    fc.record({ will: will(version) }, { requiredKeys: [] }),
    fc.oneof(fc.constant({}), fc.record({ username: text() }), fc.record({ username: text(), password: bytes })),
    withProperties(version, CONNECT),
  )

const publish = (version: ProtocolVersion): fc.Arbitrary<Packet> =>
  merged(
    fc.record({ type: fc.constant('publish'), topicName, payload: bytes, retain: fc.boolean() }),
    fc.oneof(
      fc.constant({ qos: 0, dup: false }),
      fc.record({ qos: fc.constantFrom(1, 2), dup: fc.boolean(), packetId }),
    ),
    withProperties(version, PUBLISH),
  )

const acknowledgement = (
  type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp',
  version: ProtocolVersion,
): fc.Arbitrary<Packet> =>
  merged(
    fc.record({ type: fc.constant(type), packetId, reasonCode: reasonCode(PacketType[type], version) }),
    withProperties(version, PUBACK),
  )

const connack = (version: ProtocolVersion): fc.Arbitrary<Packet> => {
  const code = version < 5 ? fc.constantFrom(0, 0x84, 0x85, 0x86, 0x87, 0x88) : reasonCode(PacketType.connack, 5)
  // [MQTT-3.2.2-6] Session Present is 0 with a refusal.
  const flags = fc.tuple(fc.boolean(), code).map(([present, each]) => ({
    sessionPresent: present && each === 0 && version > 3,
    reasonCode: each,
  }))
  return merged(fc.constant({ type: 'connack' }), flags, withProperties(version, CONNACK))
}

const subscribe = (version: ProtocolVersion): fc.Arbitrary<Packet> => {
  const options =
    version < 5
      ? { noLocal: fc.constant(false), retainAsPublished: fc.constant(false), retainHandling: fc.constant(0) }
      : { noLocal: fc.constant(false), retainAsPublished: fc.boolean(), retainHandling: fc.constantFrom(0, 1, 2) }
  const request = fc.record({ topicFilter, qos: fc.constantFrom(0, 1, 2), ...options })
  return merged(
    fc.record({
      type: fc.constant('subscribe'),
      packetId,
      subscriptions: fc.array(request, { minLength: 1, maxLength: 4 }),
    }),
    withProperties(version, SUBSCRIBE),
  )
}

const codes = (type: 'suback' | 'unsuback', version: ProtocolVersion): fc.Arbitrary<Packet> => {
  const code =
    version < 5 ? fc.constantFrom(0, 1, 2, ...(version === 4 ? [0x80] : [])) : reasonCode(PacketType[type], 5)
  const none = type === 'unsuback' && version < 5
  const reasonCodes = none ? fc.constant([]) : fc.array(code, { minLength: 1, maxLength: 4 })
  return merged(
    fc.record({ type: fc.constant(type), packetId, reasonCodes }),
    withProperties(version, type === 'suback' ? SUBACK : UNSUBACK),
  )
}

/** Every packet that a version has. */
export const packets = (version: ProtocolVersion): fc.Arbitrary<Packet> => {
  const unsubscribe = merged(
    fc.record({
      type: fc.constant('unsubscribe'),
      packetId,
      topicFilters: fc.array(topicFilter, { minLength: 1, maxLength: 4 }),
    }),
    withProperties(version, UNSUBSCRIBE),
  )
  const disconnect = merged(
    fc.record({ type: fc.constant('disconnect'), reasonCode: reasonCode(PacketType.disconnect, version) }),
    withProperties(version, DISCONNECT),
  )
  const auth = merged(
    fc.record({ type: fc.constant('auth'), reasonCode: fc.constantFrom(0, 0x18, 0x19) }),
    propertiesOf(AUTH).map((properties) => ({ properties: { authenticationMethod: 'method', ...properties } })),
  )
  return fc.oneof(
    connect(version),
    connack(version),
    publish(version),
    ...(['puback', 'pubrec', 'pubrel', 'pubcomp'] as const).map((type) => acknowledgement(type, version)),
    subscribe(version),
    codes('suback', version),
    unsubscribe,
    codes('unsuback', version),
    fc.constantFrom<Packet>({ type: 'pingreq' }, { type: 'pingresp' }),
    disconnect,
    ...(version === 5 ? [auth] : []),
  )
}

/** Ways to cut bytes into chunks, as lengths that are taken round and round. */
export const chunkings = (): fc.Arbitrary<readonly number[]> =>
  fc.oneof(fc.constant([1]), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }))

export function* chunksOf(whole: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const length = lengths[turn % lengths.length]!
    yield whole.slice(at, at + length)
    at += length
  }
}
