import { PacketType, type ProtocolVersion } from '../packet-type.ts'
import { reasonCodeName } from '../index.ts'
import { explainConnect, yesNo } from './explain-connect.ts'
import { explainProperties, hex } from './explain-properties.ts'
import type { BitField, FieldReader } from './field-reader.ts'

const RETURN_CODES = [
  'Connection accepted',
  'unacceptable protocol version',
  'identifier rejected',
  'Server unavailable',
  'bad User Name or Password',
  'not authorized',
]

const OPTIONS: readonly BitField[] = [
  [7, 6, 'reserved', (value) => (value === 0 ? '0' : `${value}, must be 0`)],
  [
    5,
    4,
    'Retain Handling',
    (value) => ['send retained messages', 'send them if new', 'send none'][value] ?? 'no such value',
  ],
  [3, 3, 'Retain As Published', yesNo],
  [2, 2, 'No Local', yesNo],
  [1, 0, 'Maximum QoS', String],
]

/** Variable header and payload of each Control Packet. Returns the version that a CONNECT names. */
export const explainBody = (
  reader: FieldReader,
  firstByte: number,
  version: ProtocolVersion,
): ProtocolVersion | undefined => {
  switch (firstByte >> 4) {
    case PacketType.connect:
      return explainConnect(reader)
    case PacketType.connack:
      explainConnack(reader, version)
      return undefined
    case PacketType.publish:
      explainPublish(reader, firstByte, version)
      return undefined
    case PacketType.puback:
    case PacketType.pubrec:
    case PacketType.pubrel:
    case PacketType.pubcomp:
      packetId(reader)
      explainReason(reader, version)
      return undefined
    case PacketType.disconnect:
    case PacketType.auth:
      explainReason(reader, version)
      return undefined
    case PacketType.subscribe:
      packetId(reader)
      if (version === 5) explainProperties(reader)
      while (reader.position < reader.end) explainSubscription(reader, version)
      return undefined
    case PacketType.unsubscribe:
      packetId(reader)
      if (version === 5) explainProperties(reader)
      while (reader.position < reader.end) reader.string('Topic Filter', '3.10.3')
      return undefined
    case PacketType.suback:
    case PacketType.unsuback:
      packetId(reader)
      if (version === 5) explainProperties(reader)
      while (reader.position < reader.end) reader.byte('Reason Code', '3.9.3', reason)
      return undefined
    default:
      return undefined
  }
}

const packetId = (reader: FieldReader): void => {
  reader.number('Packet Identifier', '2.2.1', 2)
}

/** In 5.0 a Reason Code and the properties may be left out: 0, none. */
const explainReason = (reader: FieldReader, version: ProtocolVersion): void => {
  if (version < 5) return
  if (reader.position < reader.end) reader.byte('Reason Code', '2.4', reason)
  if (reader.position < reader.end) explainProperties(reader)
}

const explainConnack = (reader: FieldReader, version: ProtocolVersion): void => {
  reader.bits('Connect Acknowledge Flags', '3.2.2.1', '', [
    [7, 1, 'reserved', (value) => (value === 0 ? '0' : `${value}, must be 0`)],
    [0, 0, 'Session Present', yesNo],
  ])
  if (version < 5) {
    reader.byte('Return Code', '3.2.2.2', (value) => `${value} ${RETURN_CODES[value] ?? 'no such code'}`)
    return
  }
  reader.byte('Reason Code', '3.2.2.2', reason)
  explainProperties(reader)
}

const explainPublish = (reader: FieldReader, firstByte: number, version: ProtocolVersion): void => {
  reader.string('Topic Name', '3.3.2.1')
  if ((firstByte & 0x06) !== 0) packetId(reader)
  if (version === 5) explainProperties(reader)
  reader.rest('Payload', '3.3.3', `${reader.end - reader.position} bytes`)
}

const explainSubscription = (reader: FieldReader, version: ProtocolVersion): void => {
  reader.group('Subscription', '3.8.3', () => {
    reader.string('Topic Filter', '3.8.3')
    if (version === 5) reader.bits('Subscription Options', '3.8.3.1', '', OPTIONS)
    else reader.byte('Requested QoS', '3.8.3')
    return ''
  })
}

const reason = (value: number): string => `${hex(value)} ${reasonCodeName(value) ?? 'no such code'}`
