import { decodeFrame } from './decode.ts'
import { decodeFailure, VIOLATION, type DecodeFailure, type DecodeLimits, isDecodeFailure } from './failures.ts'
import { FrameScanner, type FrameScannerOptions } from './frame-scanner.ts'
import type { ProtocolVersion } from './packet-type.ts'
import type { Packet } from './packet.ts'
import { pureText, type TextCodec } from './text.ts'

export interface StreamDecoderOptions extends FrameScannerOptions {
  /** Default: `pureText`. */
  readonly text?: TextCodec | undefined
  readonly limits?: DecodeLimits | undefined
}

/**
 * Decodes one direction of a connection, in whatever pieces it comes. Without a version the first packet must be CONNECT,
 * and that sets it.
 */
export class StreamDecoder {
  readonly #scanner: FrameScanner
  readonly #text: TextCodec
  readonly #limits: DecodeLimits
  #failure: DecodeFailure | undefined = undefined

  constructor(options: StreamDecoderOptions = {}) {
    this.#scanner = new FrameScanner(options)
    this.#text = options.text ?? pureText
    this.#limits = options.limits ?? {}
  }

  get version(): ProtocolVersion | undefined {
    return this.#scanner.version
  }

  set version(version: ProtocolVersion | undefined) {
    this.#scanner.version = version
  }

  /** Bytes kept of a packet that is not whole yet. */
  get heldBytes(): number {
    return this.#scanner.heldBytes
  }

  /**
   * Takes the next bytes of the stream and hands every packet that they complete to `sink`, in order. Payloads and other
   * binary data are views, valid only until `sink` returns: `slice()` what is to be kept. Returns why the stream has failed;
   * once it has, it stays so, and nothing behind the failure was looked at.
   */
  push(chunk: Uint8Array, sink: (packet: Packet) => void): DecodeFailure | undefined {
    const scanner = this.#scanner
    if (this.#failure !== undefined) return this.#failure
    scanner.push(chunk)
    try {
      while (scanner.next()) {
        const { version } = scanner
        const packet = decodeFrame(
          scanner.bytes,
          scanner.start,
          scanner.bodyStart,
          scanner.end,
          version,
          this.#text,
          this.#limits,
        )
        if (isDecodeFailure(packet)) return (this.#failure = packet)
        if (version === undefined && packet.type === 'connect') scanner.version = packet.protocolVersion
        sink(packet)
      }
    } finally {
      // Where the sink throws, what it has not seen waits for the next push.
      scanner.detach()
    }
    return (this.#failure = scanner.failure ?? this.#early())
  }

  /** Before CONNECT any other packet is refused at its first byte. */
  #early(): DecodeFailure | undefined {
    const { pendingFirstByte, version } = this.#scanner
    if (version !== undefined || pendingFirstByte === -1 || pendingFirstByte >> 4 === 1) return undefined
    return decodeFailure(VIOLATION, 'CONNECT must come first', 0, pendingFirstByte, version, '3.1.0-1')
  }
}
