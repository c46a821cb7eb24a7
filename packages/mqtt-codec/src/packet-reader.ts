import { view } from './bytes.ts'
import { decodeFailure, MALFORMED, VIOLATION, type DecodeFailure, type DecodeLimits } from './failures.ts'
import { mayStandIn } from './reason-codes.ts'
import type { ProtocolVersion } from './packet-type.ts'
import type { TextCodec } from './text.ts'
import {
  classify,
  CONTROL,
  hasControlCharacter,
  isWellFormedUtf8,
  MISPLACED_WILDCARD,
  NOT_ASCII,
  NULL_CHARACTER,
  NULL_STATEMENTS,
  TEXT_STATEMENTS,
  WILDCARD,
} from './utf8.ts'

/**
 * Reads fields of exactly one packet: it never sees a byte behind it. The first failure stays, and from then on every
 * read gives an empty value, so that a decoder reads straight on and looks for a failure once, at its end.
 */
export class PacketReader {
  readonly bytes: Uint8Array
  readonly text: TextCodec
  readonly limits: DecodeLimits
  readonly start: number
  readonly packetEnd: number
  position: number
  /** Where reading must stop: the end of the packet, or of its properties while they are read. */
  end: number
  version: ProtocolVersion | undefined
  failure: DecodeFailure | undefined = undefined
  /** What `classify` found in the text read last. */
  found = 0
  userPropertyCount = 0
  userPropertyBytes = 0

  constructor(
    bytes: Uint8Array,
    start: number,
    bodyStart: number,
    end: number,
    version: ProtocolVersion | undefined,
    text: TextCodec,
    limits: DecodeLimits,
  ) {
    this.bytes = bytes
    this.start = start
    this.position = bodyStart
    this.end = this.packetEnd = end
    this.version = version
    this.text = text
    this.limits = limits
  }

  fail(
    reasonCode: number,
    message: string,
    statements?: string,
    at: number = this.position,
    limit?: keyof DecodeLimits,
  ): void {
    this.failure ??= decodeFailure(
      reasonCode,
      message,
      at - this.start,
      this.bytes[this.start]!,
      this.version,
      statements,
      limit,
    )
    // Every loop over a rest of the packet ends.
    this.position = this.end = this.packetEnd
  }

  malformed(message: string, statements?: string, at?: number): void {
    this.fail(MALFORMED, message, statements, at)
  }

  violation(message: string, statements?: string, at?: number): void {
    this.fail(VIOLATION, message, statements, at)
  }

  byte(): number {
    const at = this.position
    if (at >= this.end) {
      this.malformed('cut off')
      return 0
    }
    this.position = at + 1
    return this.bytes[at]!
  }

  twoBytes(): number {
    const at = this.#skip(2)
    return this.failure === undefined ? (this.bytes[at]! << 8) | this.bytes[at + 1]! : 0
  }

  fourBytes(): number {
    return this.twoBytes() * 0x10000 + this.twoBytes()
  }

  variableByteInteger(): number {
    const start = this.position
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        if (byte === 0 && shift > 0) this.malformed('not in the fewest bytes', '1.5.5-1', start)
        return value
      }
    }
    this.malformed('more than 4 bytes', undefined, start)
    return 0
  }

  /** Binary Data, as a view. */
  binary(): Uint8Array {
    const length = this.twoBytes()
    const at = this.#skip(length)
    return view(this.bytes, at, this.position)
  }

  string(): string {
    const length = this.twoBytes()
    const start = this.#skip(length)
    const end = this.position
    if (this.failure !== undefined) return ''
    const found = (this.found = classify(this.bytes, start, end))
    if ((found & (NOT_ASCII | NULL_CHARACTER)) === 0) return this.text.decodeAscii(this.bytes, start, end)
    if ((found & NULL_CHARACTER) !== 0) this.malformed('U+0000 in text', NULL_STATEMENTS, start)
    else if (!isWellFormedUtf8(this.bytes, start, end)) this.malformed('text is not UTF-8', TEXT_STATEMENTS, start)
    else return this.text.decodeUtf8(this.bytes, start, end)
    return ''
  }

  /** A string by which others know something: control characters are refused where the limits say so. */
  name(reasonCode = MALFORMED): string {
    const start = this.position
    const name = this.string()
    if (
      this.limits.allowControlCharacters === false &&
      (this.found & (CONTROL | NOT_ASCII)) !== 0 &&
      hasControlCharacter(this.bytes, start + 2, this.position)
    ) {
      this.fail(reasonCode, 'control character in text', undefined, start)
    }
    return name
  }

  /** A Topic Name; `reasonCode` and `statements` are for a wildcard in it. */
  topicName(reasonCode: number, statements: string): string {
    const start = this.position
    const name = this.name()
    if ((this.found & WILDCARD) !== 0) this.fail(reasonCode, 'wildcard in a Topic Name', statements, start)
    return name
  }

  topicFilter(): string {
    const start = this.position
    const topicFilter = this.name()
    if (topicFilter === '') this.malformed('empty Topic Filter', '4.7.3-1', start)
    else if ((this.found & WILDCARD) !== 0 && MISPLACED_WILDCARD.test(topicFilter)) {
      this.malformed('misplaced wildcard', '4.7.1-1 4.7.1-2', start)
    }
    return topicFilter
  }

  /** A Packet Identifier; `reasonCode` is for 0. */
  packetId(reasonCode = VIOLATION): number {
    const packetId = this.twoBytes()
    if (packetId === 0) this.fail(reasonCode, 'Packet Identifier 0', '2.2.1-3 2.3.1-1', this.position - 2)
    return packetId
  }

  /** A Reason Code that may stand in these packets. */
  reasonCode(packets: number, statements: string): number {
    const reasonCode = this.byte()
    if (!mayStandIn(packets, reasonCode)) this.malformed('no such Reason Code here', statements, this.position - 1)
    return reasonCode
  }

  /** Passes over `size` bytes and returns where they begin. */
  #skip(size: number): number {
    const at = this.position
    if (size > this.end - at) this.malformed('cut off')
    else this.position = at + size
    return at
  }
}
