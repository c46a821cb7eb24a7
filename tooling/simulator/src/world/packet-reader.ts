import type { Packet, ProtocolVersion } from '@godwit/mqtt-codec'
import { FrameScanner, decodeFrame, isDecodeFailure } from '@godwit/mqtt-codec'
import { copyOf } from './bytes.ts'

/** Cuts one direction of a connection into packets, and says where each ends. */
export class PacketReader {
  readonly #scanner: FrameScanner
  /** Bytes of all packets so far. */
  #end = 0
  #failed = false

  /** Without a version the first packet must be a CONNECT. */
  constructor(version?: ProtocolVersion) {
    this.#scanner = new FrameScanner(version === undefined ? {} : { version })
  }

  /** Undefined, or why these bytes are no packets; nothing behind them is looked at. */
  push(chunk: Uint8Array, sink: (packet: Packet, sizeBytes: number, end: number) => void): string | undefined {
    if (this.#failed) return undefined
    const scanner = this.#scanner
    scanner.push(chunk)
    while (scanner.failure === undefined && scanner.next()) {
      const { bytes, start, bodyStart, end, version } = scanner
      const packet = decodeFrame(bytes, start, bodyStart, end, version)
      if (isDecodeFailure(packet)) {
        scanner.failure = packet
        break
      }
      if (packet.type === 'connect') scanner.version = packet.protocolVersion
      this.#end += end - start
      sink(keep(packet), end - start, this.#end)
    }
    scanner.detach()
    if (scanner.failure === undefined) return undefined
    this.#failed = true
    return scanner.failure.kind
  }
}

/** A payload is a view into a buffer that is used again. The packet was made by this decoder, for nobody else. */
const keep = (packet: Packet): Packet => {
  if (packet.type === 'publish' && packet.payload.length > 0) {
    ;(packet as { payload: Uint8Array }).payload = copyOf(packet.payload)
  }
  return packet
}
