import { decodeFrame } from './decode.ts'
import type { LimitJudge } from './decode-limits.ts'
import { isDecodeFailure, type DecodeFailure } from './failures.ts'
import { FrameScanner, type FrameScannerOptions } from './frame-scanner.ts'
import type { ProtocolVersion } from './packet-type.ts'
import type { Packet } from './packet.ts'
import type { TextCodec } from './text.ts'

export interface StreamDecoderOptions extends FrameScannerOptions {
  /** Default: `pureText`. */
  readonly text?: TextCodec | undefined
  /** What `decodeLimits` makes. Default: none. */
  readonly limits?: LimitJudge | undefined
}

/**
 * Decodes one direction of a connection, in whatever pieces it comes. Without a version the first packet must be CONNECT,
 * and that sets it.
 */
export class StreamDecoder {
  readonly #scanner: FrameScanner
  readonly #options: StreamDecoderOptions

  constructor(options: StreamDecoderOptions = {}) {
    this.#scanner = new FrameScanner(options)
    this.#options = options
  }

  /** That of the options, or of the CONNECT that has come. */
  get version(): ProtocolVersion | undefined {
    return this.#scanner.version
  }

  /**
   * Takes the next bytes of the stream and hands every packet that they complete to `sink`, in order. Payloads and other
   * binary data are views, valid only until `sink` returns: `slice()` what is to be kept. Returns why the stream has failed;
   * once it has, it stays so, and nothing behind the failure was looked at.
   */
  push(chunk: Uint8Array, sink: (packet: Packet) => void): DecodeFailure | undefined {
    const scanner = this.#scanner
    const { text, limits } = this.#options
    scanner.push(chunk)
    try {
      while (scanner.failure === undefined && scanner.next()) {
        const { bytes, start, bodyStart, end, version } = scanner
        const packet = decodeFrame(bytes, start, bodyStart, end, version, text, limits)
        if (isDecodeFailure(packet)) scanner.failure = packet
        else {
          if (packet.type === 'connect') scanner.version = packet.protocolVersion
          sink(packet)
        }
      }
    } finally {
      // Where the sink throws, what it has not seen waits for the next push.
      scanner.detach()
    }
    return scanner.failure
  }
}
