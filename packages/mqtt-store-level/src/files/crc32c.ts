/**
 * CRC-32C (Castagnoli), which LevelDB puts on everything that it writes; Node has only the CRC-32 of zlib. Eight bytes a step:
 * half a gigabyte a second on one core, so that everything can be checked at a start.
 */
export const crc32c = (bytes: Uint8Array, start = 0, end = bytes.length): number => {
  let crc = -1
  let at = start
  for (const last = end - 7; at < last; at += 8) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
    crc =
      TABLE[0x700 + (low & 0xff)]! ^
      TABLE[0x600 + ((low >>> 8) & 0xff)]! ^
      TABLE[0x500 + ((low >>> 16) & 0xff)]! ^
      TABLE[0x400 + (low >>> 24)]! ^
      TABLE[0x300 + bytes[at + 4]!]! ^
      TABLE[0x200 + bytes[at + 5]!]! ^
      TABLE[0x100 + bytes[at + 6]!]! ^
      TABLE[bytes[at + 7]!]!
  }
  for (; at < end; at++) crc = TABLE[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}

/** What LevelDB stores: rotated and offset, so that the checksum of bytes that hold checksums stays a good one. */
export const maskedCrc32c = (bytes: Uint8Array, start: number, end: number): number => {
  const crc = crc32c(bytes, start, end)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

const TABLE = ((): Int32Array => {
  const table = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    table[byte] = crc
  }
  for (let at = 256; at < table.length; at++) table[at] = table[table[at - 256]! & 0xff]! ^ (table[at - 256]! >>> 8)
  return table
})()
