import { encode, type Packet, type ProtocolVersion } from '@godwit/mqtt-codec'
import type { ByteStream, ByteStreamHandler, PeerInfo } from '@godwit/mqtt-transport'

/**
 * A Client without a socket: it hands the broker bytes that were made before, and answers what it is sent as the protocol
 * demands. After its first packets it allocates nothing, so that what is counted is the broker's.
 */
export class WireClient implements ByteStream {
  readonly peer: PeerInfo = { transport: 'memory' }
  readonly bufferedBytes = 0
  /** PUBLISH packets that have come. */
  received = 0
  #handler: ByteStreamHandler | undefined
  readonly #answers = new Uint8Array(ANSWER_BYTES)
  #answerBytes = 0
  readonly #views = new Map<number, Uint8Array>()

  open(handler: ByteStreamHandler): void {
    this.#handler = handler
  }

  send(bytes: Uint8Array): void {
    this.#handler!.onData(bytes)
  }

  sendPacket(packet: Packet, version: ProtocolVersion): void {
    this.send(encode(packet, version).slice())
  }

  /** Sends the acknowledgements that it owes. False: it owes none. */
  answer(): boolean {
    const length = this.#answerBytes
    if (length === 0) return false
    this.#answerBytes = 0
    let view = this.#views.get(length)
    if (view === undefined) this.#views.set(length, (view = this.#answers.subarray(0, length)))
    this.#handler!.onData(view)
    return true
  }

  write(bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length;) {
      const firstByte = bytes[at]!
      let length = 0
      let body = at + 1
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[body++]!
        length |= (byte & 0x7f) << shift
        if (byte < 0x80) break
      }
      this.#take(firstByte, bytes, body)
      at = body + length
    }
    return true
  }

  writeAll(parts: readonly Uint8Array[]): boolean {
    for (const part of parts) this.write(part)
    return true
  }

  pause(): void {}
  resume(): void {}
  end(): void {}

  destroy(): void {
    this.#handler?.onClose({ clean: true })
    this.#handler = undefined
  }

  #take(firstByte: number, bytes: Uint8Array, body: number): void {
    switch (firstByte >> 4) {
      case 3: {
        this.received++
        const qos = (firstByte >> 1) & 3
        if (qos === 0) return
        const topicEnd = body + 2 + ((bytes[body]! << 8) | bytes[body + 1]!)
        return this.#owe(qos === 1 ? 0x40 : 0x50, bytes[topicEnd]!, bytes[topicEnd + 1]!)
      }
      case 5:
        return this.#owe(0x62, bytes[body]!, bytes[body + 1]!)
      case 6:
        return this.#owe(0x70, bytes[body]!, bytes[body + 1]!)
    }
  }

  #owe(firstByte: number, high: number, low: number): void {
    const at = this.#answerBytes
    this.#answers[at] = firstByte
    this.#answers[at + 1] = 2
    this.#answers[at + 2] = high
    this.#answers[at + 3] = low
    this.#answerBytes = at + 4
  }
}

const ANSWER_BYTES = 65_536
