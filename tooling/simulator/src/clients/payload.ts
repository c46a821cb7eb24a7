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
  let name = ''
  for (let at = 0; at < payload.length && at < 40; at++) {
    if (payload[at] === 0x7c) return name
    name += String.fromCharCode(payload[at]!)
  }
  return ''
}
