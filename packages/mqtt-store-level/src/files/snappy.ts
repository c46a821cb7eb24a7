/**
 * Undoes Snappy's compression; `undefined` for bytes that it cannot have made. Our own tables are not compressed, but LevelDB's repair
 * writes compressed ones, and their index has to be read.
 */
export const uncompressSnappy = (bytes: Uint8Array): Uint8Array | undefined => {
  let at = 0
  let size = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++]
    if (byte === undefined || scale > 2 ** 28) return undefined
    size += (byte & 0x7f) * scale
    if (byte < 0x80) break
  }
  // Three bytes can stand for 64 at the most.
  if (size > bytes.length * 32) return undefined
  const output = new Uint8Array(size)
  let written = 0
  const little = (count: number): number => {
    let value = 0
    for (let place = 0; place < count; place++) value += (bytes[at++] ?? 0) * 2 ** (8 * place)
    return value
  }
  while (at < bytes.length) {
    const tag = bytes[at++]!
    const kind = tag & 3
    let length = tag >> 2
    if (kind === 0) {
      length = 1 + (length < 60 ? length : little(length - 59))
      if (at + length > bytes.length || written + length > size) return undefined
      output.set(bytes.subarray(at, at + length), written)
      at += length
      written += length
      continue
    }
    const distance = kind === 1 ? ((tag >> 5) << 8) + little(1) : little(kind === 2 ? 2 : 4)
    length = kind === 1 ? ((tag >> 2) & 7) + 4 : length + 1
    if (distance === 0 || distance > written || written + length > size || at > bytes.length) return undefined
    // A copy may reach into what it writes.
    for (const end = written + length; written < end; written++) output[written] = output[written - distance]!
  }
  return written === size ? output : undefined
}
