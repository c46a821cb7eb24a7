import { decode, encode, isDecodeFailure } from '@godwit/mqtt-codec'
import type { StoreOperation } from '../ports/session-store.ts'

const TYPES = [
  'outgoing-put',
  'outgoing-sent',
  'outgoing-released',
  'outgoing-delete',
  'incoming-put',
  'incoming-delete',
  'incoming-clear',
] as const satisfies readonly StoreOperation['type'][]

/** Operations as bytes: a byte that says which, then its numbers, big-endian; a message as the PUBLISH of 5.0 that it is. */
export function encodeOperations(operations: readonly StoreOperation[]): Uint8Array {
  const parts = operations.map(encodeOperation)
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Undefined: these are no operations. Payloads are copies. */
export function decodeOperations(bytes: Uint8Array): StoreOperation[] | undefined {
  const operations: StoreOperation[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  try {
    while (at < bytes.length) {
      const type = TYPES[view.getUint8(at++)]
      if (type === undefined) return undefined
      if (type === 'incoming-clear') {
        operations.push({ type })
        continue
      }
      if (type === 'incoming-put' || type === 'incoming-delete') {
        operations.push({ type, packetId: view.getUint16(at) })
        at += 2
        continue
      }
      const sequence = view.getFloat64(at)
      at += 8
      if (type === 'outgoing-delete') operations.push({ type, sequence })
      else if (type !== 'outgoing-put') {
        operations.push({ type, sequence, packetId: view.getUint16(at) })
        at += 2
      } else {
        const expiresAtMs = view.getFloat64(at)
        const end = at + 12 + view.getUint32(at + 8)
        const packet = end <= bytes.length ? decode(bytes.slice(at + 12, end), 5) : undefined
        if (packet === undefined || isDecodeFailure(packet) || packet.type !== 'publish') return undefined
        const { topicName, payload, qos, retain, properties } = packet
        const expiry = expiresAtMs === Infinity ? undefined : expiresAtMs
        operations.push({
          type,
          sequence,
          message: { topicName, payload, qos, retain, properties, expiresAtMs: expiry },
        })
        at = end
      }
    }
  } catch (error) {
    // A number that the bytes end in the middle of.
    if (error instanceof RangeError) return undefined
    throw error
  }
  return operations
}

function encodeOperation(operation: StoreOperation): Uint8Array {
  const { type } = operation
  const packet = type === 'outgoing-put' ? publishOf(operation.message) : new Uint8Array()
  const bytes = new Uint8Array(SIZES[type] + packet.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, TYPES.indexOf(type))
  if ('sequence' in operation) view.setFloat64(1, operation.sequence)
  if ('packetId' in operation) view.setUint16('sequence' in operation ? 9 : 1, operation.packetId)
  if (type === 'outgoing-put') {
    view.setFloat64(9, operation.message.expiresAtMs ?? Infinity)
    view.setUint32(17, packet.length)
    bytes.set(packet, 21)
  }
  return bytes
}

/** Bytes without the message. */
const SIZES: Readonly<Record<StoreOperation['type'], number>> = {
  'outgoing-put': 21,
  'outgoing-sent': 11,
  'outgoing-released': 11,
  'outgoing-delete': 9,
  'incoming-put': 3,
  'incoming-delete': 3,
  'incoming-clear': 1,
}

/** The Packet Identifier is not the message's: it has one only while it is in flight. */
const publishOf = ({ topicName, payload, qos, retain, properties }: StoredMessage) =>
  encode(
    { type: 'publish', topicName, payload, qos, retain, dup: false, packetId: 1, ...(properties && { properties }) },
    5,
  )

type StoredMessage = Extract<StoreOperation, { type: 'outgoing-put' }>['message']
