import { usageError } from '../cli-error.ts'
import { readNamedFile } from './connection-options.ts'
import { dialectHint } from './dialects.ts'

export interface PayloadFlags {
  message?: string
  file?: string
  nullMessage?: boolean
  stdinFile?: boolean
  stdinLine?: boolean
}

export type PayloadSource =
  | { readonly kind: 'bytes'; readonly payload: Uint8Array }
  /** All of standard input is one message. */
  | { readonly kind: 'stdin' }
  /** Each line of standard input is one. */
  | { readonly kind: 'lines' }

/**
 * Exactly one of `-m`, `-f`, `-n`, `-s`, `-l` or the second word. Nothing is guessed: a forgotten payload never becomes an empty message.
 *
 * @throws CliError usage error
 */
export function resolvePayload(flags: PayloadFlags, positional: string | undefined): PayloadSource {
  const given = [
    ...(flags.message === undefined ? [] : ['-m']),
    ...(flags.file === undefined ? [] : ['-f']),
    ...(flags.nullMessage === true ? ['-n'] : []),
    ...(flags.stdinFile === true ? ['-s'] : []),
    ...(flags.stdinLine === true ? ['-l'] : []),
    ...(positional === undefined ? [] : [`'${positional}'`]),
  ]
  if (given.length > 1) {
    const hint = flags.stdinLine === true ? dialectHint('-l', positional) : undefined
    throw usageError(`one message, please: ${given.join(' and ')} exclude each other`, hint)
  }
  if (flags.file !== undefined) return { kind: 'bytes', payload: readNamedFile('-f', flags.file) }
  if (flags.stdinFile === true) return { kind: 'stdin' }
  if (flags.stdinLine === true) return { kind: 'lines' }
  if (flags.nullMessage === true) return { kind: 'bytes', payload: new Uint8Array(0) }
  const text = flags.message ?? positional
  if (text !== undefined) return { kind: 'bytes', payload: new TextEncoder().encode(text) }
  throw usageError(
    'there is no message',
    '-m TEXT, -f FILE, -s (all of standard input), -l (each line of it) or -n (empty)',
  )
}
