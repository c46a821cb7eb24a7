import { decode, isDecodeFailure, PacketType, type DecodeFailure, type Packet, type ProtocolVersion } from './index.ts'
import type { ExplainedField } from './explain/explained-field.ts'
import { explainBody } from './explain/explain-body.ts'
import { CutOff, FieldReader, type BitField } from './explain/field-reader.ts'

export { explainFailure } from './explain/explain-failure.ts'
export type { ExplainedField }

/** A packet taken apart. */
export interface ExplainedPacket {
  /** Such as `PUBLISH`. */
  readonly name: string
  /** The version that it was read as: a CONNECT names its own. */
  readonly version: ProtocolVersion
  /** Fixed header, variable header and payload, in order. Bytes that belong to no field are one of their own. */
  readonly parts: readonly ExplainedField[]
  /** The packet, where it is one. */
  readonly packet?: Packet
  /** What is wrong with it, where it is none. */
  readonly failure?: DecodeFailure
}

const NAMES = Object.keys(PacketType).map((name) => name.toUpperCase())

/**
 * Says what every byte of a packet means, and every bit of its first one. Never throws: bytes that are no packet are taken
 * apart as far as they go, with the failure beside. Default version: 5.0.
 */
export const explain = (bytes: Uint8Array, version: ProtocolVersion = 5): ExplainedPacket => {
  const reader = new FieldReader(bytes, 0, bytes.length)
  const firstByte = bytes[0] ?? 0
  const type = firstByte >> 4
  let named: ProtocolVersion | undefined
  try {
    let length = 0
    reader.group('Fixed Header', '2.1', () => {
      reader.bits('first byte', '2.1.1', '', firstByteBits(type))
      length = reader.variableByteInteger('Remaining Length', '2.1.4', (value) => `${value} bytes follow`)
      return `${NAMES[type - 1] ?? 'no packet'}, ${length} bytes follow`
    })
    reader.within(length, () => {
      named = explainBody(reader, firstByte, version)
    })
  } catch (error) {
    if (!(error instanceof CutOff)) throw error
  }
  reader.rest('no field', '4.13', 'belongs to nothing')
  const readAs = named ?? version
  const decoded = decode(bytes, type === PacketType.connect ? undefined : readAs)
  return {
    name: NAMES[type - 1] ?? 'no packet',
    version: readAs,
    parts: reader.fields,
    ...(isDecodeFailure(decoded) ? { failure: decoded } : { packet: decoded }),
  }
}

const firstByteBits = (type: number): readonly BitField[] => {
  const messageType: BitField = [7, 4, 'Message Type', (value) => `${value} ${NAMES[value - 1] ?? 'reserved'}`]
  if (type !== PacketType.publish) return [messageType, [3, 0, 'flags', (value) => `${value}, reserved`]]
  const on = (value: number): string => String(value)
  return [messageType, [3, 3, 'DUP', on], [2, 1, 'QoS', on], [0, 0, 'RETAIN', on]]
}
