import { decode, encode, isDecodeFailure, type Packet, type ProtocolVersion } from '../index.ts'

/** Bytes of hexadecimal digits; spaces are for the reader. */
export const bytesOfHex = (hex: string): Uint8Array => {
  const digits = hex.replaceAll(' ', '')
  return Uint8Array.from({ length: digits.length / 2 }, (_, place) =>
    Number.parseInt(digits.slice(place * 2, place * 2 + 2), 16),
  )
}

export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** A packet as it goes over the wire. */
export const encodedHex = (packet: Packet, version: ProtocolVersion): string => hexOf(encode(packet, version))

/** A whole packet: its first byte, its length (below 16,384 bytes), what follows. */
export const packetHex = (firstByte: string, ...body: string[]): string => {
  const digits = body.join('').replaceAll(' ', '')
  const length = digits.length / 2
  const rest = length >> 7
  return firstByte + hexOf(Uint8Array.of(...(rest === 0 ? [length] : [(length & 0x7f) | 0x80, rest]))) + digits
}

/** Text in UTF-8 with its two length bytes. */
export const textHex = (text: string): string => {
  const bytes = new TextEncoder().encode(text)
  return hexOf(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff)) + hexOf(bytes)
}

/** What decoding says: the packet, or the Reason Code in hexadecimal digits with the statement that was broken. */
export const decoded = (hex: string, version?: ProtocolVersion): Packet | string => {
  const packet = decode(bytesOfHex(hex), version)
  if (!isDecodeFailure(packet)) return packet
  return `${packet.reasonCode.toString(16)}${packet.statement === undefined ? '' : ` ${packet.statement}`}`
}

/** The Reason Code with which decoding refuses, or `taken`. */
export const refusal = (hex: string, version?: ProtocolVersion): string => {
  const result = decoded(hex, version)
  return typeof result === 'string' ? result.slice(0, 2) : 'taken'
}
