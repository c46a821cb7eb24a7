import { NO_BYTES } from './bytes.ts'
import { encode } from './index.ts'
import type { ProtocolVersion } from './packet-type.ts'
import type { PublishPacket } from './packets/publish.ts'
import type { TextCodec } from './text.ts'
import { variableByteIntegerLength, writeVariableByteInteger } from './variable-byte-integer.ts'

export { PublishFrame, readPublishFrame } from './publish-frame.ts'
export { hasControlCharacter, isWellFormedUtf8 } from './utf8.ts'
export { variableByteIntegerLength, writeVariableByteInteger }

/**
 * Encodes all of a PUBLISH but its payload, which belongs right behind it: a long payload can go out without a copy.
 *
 * @throws {EncodeError} as `encode` does
 */
export const encodePublishHeader = (packet: PublishPacket, version: ProtocolVersion, text?: TextCodec): Uint8Array => {
  const empty = encode({ ...packet, payload: NO_BYTES }, version, text)
  // Its Remaining Length leaves out the payload.
  let bodyStart = 1
  while (empty[bodyStart++]! >= 0x80);
  const length = empty.length - bodyStart + packet.payload.length
  const header = new Uint8Array(1 + variableByteIntegerLength(length) + empty.length - bodyStart)
  header[0] = empty[0]!
  header.set(empty.subarray(bodyStart), writeVariableByteInteger(header, 1, length))
  return header
}
