import { FrameScanner } from '@godwit/mqtt-codec'
import type { ByteStream } from '@godwit/mqtt-transport'

/** One connection of the generator: it reads packets and collects what is to be written until the turn ends. */
export class Peer {
  readonly #stream: ByteStream
  readonly #scanner: FrameScanner
  readonly #onPacket: (scanner: FrameScanner) => void
  #out: Uint8Array[] = []
  #outBytes = 0
  #answered: (() => void) | undefined

  constructor(stream: ByteStream, version: 4 | 5, onPacket: (peer: Peer, scanner: FrameScanner) => void) {
    this.#stream = stream
    this.#scanner = new FrameScanner({ version })
    this.#onPacket = (scanner) => onPacket(this, scanner)
    stream.open({
      onData: (chunk) => {
        this.#scanner.push(chunk)
        while (this.#scanner.next()) {
          this.#answered?.()
          this.#onPacket(this.#scanner)
        }
        if (this.#scanner.failure !== undefined) throw new TypeError(this.#scanner.failure.message)
      },
      onDrain() {},
      onClose() {},
    })
  }

  send(bytes: Uint8Array): void {
    if (this.#out.length === 0) setImmediate(() => this.#flush())
    this.#out.push(bytes)
    this.#outBytes += bytes.length
  }

  /** Sends a packet and waits for the next that comes. */
  async request(bytes: Uint8Array): Promise<void> {
    this.send(bytes)
    await new Promise<void>((resolve) => (this.#answered = resolve))
    this.#answered = undefined
  }

  /** What has not left the process yet. */
  get heldBytes(): number {
    return this.#outBytes + this.#stream.bufferedBytes
  }

  close(): void {
    this.#stream.destroy()
  }

  #flush(): void {
    const out = this.#out
    this.#out = []
    this.#outBytes = 0
    this.#stream.write(out.length === 1 ? out[0]! : Buffer.concat(out))
  }
}

/** PUBACK, PUBREC, PUBREL or PUBCOMP. */
export function acknowledgement(firstByte: number, packetId: number): Uint8Array {
  return Uint8Array.of(firstByte, 2, packetId >> 8, packetId & 0xff)
}

/** Of a packet that begins with its Packet Identifier. */
export function packetIdOf({ bytes, bodyStart }: FrameScanner): number {
  return (bytes[bodyStart]! << 8) | bytes[bodyStart + 1]!
}
