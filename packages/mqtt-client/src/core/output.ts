import { encodedLength, encodeInto, type Packet, type ProtocolVersion } from '@godwit/mqtt-codec'

const INITIAL_BYTES = 4_096
/** A buffer that one large packet made is not kept. */
const KEPT_BYTES = 262_144

/** Encoded packets, one behind the other, until the owner writes them: one write for a whole turn. */
export class Output {
  #bytes = new Uint8Array(INITIAL_BYTES)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** `atMost`: bytes that it takes at most, where that is known. */
  append(packet: Packet, version: ProtocolVersion, atMost = encodedLength(packet, version)): void {
    const needed = this.#length + atMost
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#length = encodeInto(packet, version, this.#bytes, this.#length)
  }

  /** All that waits. The memory is used again by the next `append` unless `release` was called. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length)
    this.#length = 0
    if (this.#bytes.length > KEPT_BYTES) this.release()
    return taken
  }

  /** What was taken is still being read: never touch that memory again. */
  release(): void {
    this.#bytes = new Uint8Array(INITIAL_BYTES)
  }
}
