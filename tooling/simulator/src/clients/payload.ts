import { freshBytes } from '../world/bytes.ts'

/** The payload of a message says which it is: its name, a bar, and dots up to a size. */
export const payloadOf = (message: string, fillerBytes: number): Uint8Array => {
  const bytes = freshBytes(message.length + 1 + fillerBytes).fill(0x2e)
  for (let at = 0; at < message.length; at++) bytes[at] = message.charCodeAt(at)
  bytes[message.length] = 0x7c
  return bytes
}

/** Which message a payload is of; '' where it is none of ours. */
export const messageOf = (payload: Uint8Array): string => {
  let hash = 0
  for (let at = 0; at < payload.length && at < 40; at++) {
    const byte = payload[at]!
    if (byte === 0x7c) return nameOf(payload, at, hash & (NAMES.length - 1))
    hash = Math.imul(hash, 31) + byte
  }
  return ''
}

/** Names that were asked for: each is asked for many times, and made once. */
const NAMES: string[] = Array.from({ length: 4_096 }, () => '')

const nameOf = (payload: Uint8Array, end: number, place: number): string => {
  const known = NAMES[place]!
  if (isName(known, payload, end)) return known
  let name = ''
  for (let at = 0; at < end; at++) name += String.fromCharCode(payload[at]!)
  return (NAMES[place] = name)
}

const isName = (name: string, payload: Uint8Array, end: number): boolean => {
  if (name.length !== end) return false
  for (let at = 0; at < end; at++) if (name.charCodeAt(at) !== payload[at]) return false
  return true
}
