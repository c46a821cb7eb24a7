import { EncodeError } from './failures.ts'
import type { ProtocolVersion } from './packet-type.ts'
import type { TextCodec } from './text.ts'
import { classify, MISPLACED_WILDCARD, WILDCARD } from './utf8.ts'
import {
  MAXIMUM_VARIABLE_BYTE_INTEGER,
  variableByteIntegerLength,
  writeVariableByteInteger,
} from './variable-byte-integer.ts'

/** From here on the text codec may have something faster than a loop. */
const LONG_TEXT = 48

/**
 * Writes one packet. Bytes past the target's end are counted and not written, so the same code that writes a packet also
 * measures it; who owns the target looks at `position` at the end.
 */
export class PacketWriter {
  readonly target: Uint8Array
  readonly version: ProtocolVersion
  readonly text: TextCodec
  position: number
  /** Whether the payload of a PUBLISH is left out: the caller sends it itself. */
  readonly #headerOnly: boolean
  #omitted = 0
  #start = 0
  #lengthBytes = 1

  constructor(target: Uint8Array, offset: number, version: ProtocolVersion, text: TextCodec, headerOnly: boolean) {
    this.target = target
    this.position = offset
    this.version = version
    this.text = text
    this.#headerOnly = headerOnly
  }

  /** Refuses what the caller should not have asked for. */
  check(holds: boolean, what: string): void {
    if (!holds) throw new EncodeError('INVALID_VALUE', what + ' is not valid')
  }

  /** Refuses a packet or field that the version does not have. */
  only5(what: string): void {
    if (this.version !== 5) throw new EncodeError('NOT_IN_THIS_VERSION', what + ' before MQTT 5.0')
  }

  /** Begins the packet. `estimate`: about how long its body becomes; a good one saves moving it. */
  begin(firstByte: number, estimate: number): void {
    this.#start = this.position
    this.#lengthBytes = variableByteIntegerLength(estimate)
    this.byte(firstByte)
    this.position += this.#lengthBytes
  }

  /** Ends the packet: the Remaining Length is known now. Returns where the packet ends. */
  finish(): number {
    this.closeLength(this.#start + 1, this.#lengthBytes, this.#omitted)
    return this.position
  }

  /**
   * Writes at `at` how many bytes have been written behind the `reserved` ones there, and moves those bytes where the
   * length takes more or less room than was reserved.
   */
  closeLength(at: number, reserved: number, more: number): void {
    const { target } = this
    const length = this.position - at - reserved + more
    if (length > MAXIMUM_VARIABLE_BYTE_INTEGER) throw new EncodeError('TOO_LONG', 'packet too long')
    const needed = variableByteIntegerLength(length)
    if (needed !== reserved) {
      target.copyWithin(at + needed, at + reserved, this.position)
      this.position += needed - reserved
    }
    writeVariableByteInteger(target, at, length)
  }

  byte(value: number): void {
    this.target[this.position++] = value
  }

  twoBytes(value: number): void {
    this.check(value >>> 0 === value && value <= 0xffff, 'two-byte integer')
    const at = this.position
    this.target[at] = value >> 8
    this.target[at + 1] = value
    this.position = at + 2
  }

  fourBytes(value: number): void {
    this.check(value >>> 0 === value, 'four-byte integer')
    this.twoBytes(value >>> 16)
    this.twoBytes(value & 0xffff)
  }

  variableByteInteger(value: number): void {
    this.check(value >>> 0 === value && value <= MAXIMUM_VARIABLE_BYTE_INTEGER, 'Variable Byte Integer')
    this.position = writeVariableByteInteger(this.target, this.position, value)
  }

  /** Bytes as they are. */
  bytes(value: Uint8Array): void {
    const at = this.position
    this.position += value.length
    if (this.position <= this.target.length) this.target.set(value, at)
  }

  /** What a PUBLISH ends with. */
  payload(value: Uint8Array): void {
    if (this.#headerOnly) this.#omitted = value.length
    else this.bytes(value)
  }

  /** Binary Data: its length before it. */
  binary(value: Uint8Array): void {
    if (value.length > 0xffff) throw new EncodeError('TOO_LONG', 'binary data too long')
    this.twoBytes(value.length)
    this.bytes(value)
  }

  string(value: string): void {
    const start = this.position + 2
    const end = this.#characters(start, value)
    if (end - start > 0xffff) throw new EncodeError('INVALID_TEXT', 'text too long')
    this.twoBytes(end - start)
    this.position = end
  }

  /** A Topic Name: text without a wildcard. */
  topicName(value: string): void {
    const start = this.position + 2
    this.string(value)
    // While only measuring there are no bytes to look at: those past the target's end count as none.
    if ((classify(this.target, start, this.position) & WILDCARD) !== 0) {
      throw new EncodeError('INVALID_VALUE', 'wildcard in a Topic Name')
    }
  }

  topicFilter(value: string): void {
    this.check(value !== '' && !MISPLACED_WILDCARD.test(value), 'Topic Filter')
    this.string(value)
  }

  packetId(value: number): void {
    this.check(value !== 0, 'Packet Identifier')
    this.twoBytes(value)
  }

  #characters(start: number, value: string): number {
    const { target } = this
    const { length } = value
    let at = start
    if (length < LONG_TEXT) {
      for (let index = 0; index < length; index++) {
        const code = value.charCodeAt(index)
        // U+0000 and all that is not ASCII go the long way.
        if ((code - 1) >>> 0 > 0x7e) break
        target[at++] = code
      }
      if (at - start === length) return at
    }
    if (ILL_FORMED.test(value)) throw new EncodeError('INVALID_TEXT', 'U+0000 or a lone surrogate in text')
    return this.text.write(target, start, value)
  }
}

/** U+0000 or half of a surrogate pair alone [MQTT-1.5.4-1] [MQTT-1.5.4-2]. */
const ILL_FORMED = /[\0\p{Cs}]/u
