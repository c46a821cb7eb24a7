import { FormatFailure, type MessageFormat } from './format.ts'
import { jsonMessage } from './json-message.ts'
import type { ReceivedMessage } from './received-message.ts'
import type { OutputStream } from '../terminal.ts'

export interface PrintOptions {
  /** `-F`, compiled; wins over the others. */
  readonly format?: MessageFormat | undefined
  readonly json?: boolean | undefined
  /** `-v`: the topic first. */
  readonly verbose?: boolean | undefined
  /** `-N`: no newline behind a message. */
  readonly noNewline?: boolean | undefined
}

const SPACE = 0x20
const NEWLINE = 0x0a
const encoder = new TextEncoder()

/** The bytes of one message on standard output: a payload goes out as it came in, never through text. Undefined: print nothing. */
export function messageBytes(message: ReceivedMessage, options: PrintOptions): Uint8Array | undefined {
  const { payload, topicName } = message
  const end = options.noNewline === true ? [] : [NEWLINE]
  if (options.format !== undefined) return joined(options.format(message), end)
  if (options.json === true) return joined(encoder.encode(jsonMessage(message)), end)
  if (options.verbose !== true) return payload.length === 0 ? undefined : joined(payload, end)
  const head = encoder.encode(topicName)
  // mosquitto_sub's words, with and without -N.
  if (payload.length === 0) return joined(encoder.encode(`${topicName} (null)`), end)
  return Buffer.concat([head, [SPACE], payload, end].map((part) => Uint8Array.from(part)))
}

/** Resolves when the bytes have been handed over, so that an acknowledgement means: printed. Rejects when the reader is gone. */
export function write(stream: OutputStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => {
      if (error === undefined || error === null) resolve()
      else reject(error)
    })
  })
}

export function isFormatFailure(error: unknown): error is FormatFailure {
  return error instanceof FormatFailure
}

function joined(bytes: Uint8Array, end: readonly number[]): Uint8Array {
  return end.length === 0 ? bytes : Buffer.concat([bytes, Uint8Array.from(end)])
}
