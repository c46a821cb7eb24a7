import { ByteReader } from './byte-reader.ts'
import { maskedCrc32c } from './crc32c.ts'
import { uncompressSnappy } from './snappy.ts'

/**
 * Whether each block of a table has its checksum. LevelDB does not look at it when it reads, so without this a flipped bit would
 * be delivered to somebody.
 */
export const isIntactTable = (bytes: Uint8Array): boolean => {
  const footer = bytes.length - FOOTER_BYTES
  if (footer < 0 || MAGIC.some((byte, place) => bytes[bytes.length - MAGIC.length + place] !== byte)) return false
  const reader = new ByteReader(bytes, footer)
  const metaIndex = { offset: reader.variableInteger(), size: reader.variableInteger() }
  const index = { offset: reader.variableInteger(), size: reader.variableInteger() }
  if (reader.failed || !isIntactBlock(bytes, metaIndex) || !isIntactBlock(bytes, index)) return false
  const stored = bytes.subarray(index.offset, index.offset + index.size)
  const contents = bytes[index.offset + index.size] === SNAPPY ? uncompressSnappy(stored) : stored
  const blocks = contents === undefined ? undefined : blocksOf(contents)
  return blocks !== undefined && blocks.every((block) => isIntactBlock(bytes, block))
}

const FOOTER_BYTES = 48
const TRAILER_BYTES = 5
const SNAPPY = 1
const MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]

interface Block {
  readonly offset: number
  readonly size: number
}

/** Contents, then one byte for the compression, then the checksum of both. */
const isIntactBlock = (bytes: Uint8Array, { offset, size }: Block): boolean => {
  const end = offset + size
  if (end + TRAILER_BYTES > bytes.length || bytes[end]! > SNAPPY) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset + end + 1, 4)
  return view.getUint32(0, true) === maskedCrc32c(bytes, offset, end + 1)
}

/** The handles in the index: each entry is a key, of which a part is shared with the one before, and a handle. */
const blocksOf = (bytes: Uint8Array): readonly Block[] | undefined => {
  const size = bytes.length
  if (size < 4) return undefined
  const restarts = new DataView(bytes.buffer, bytes.byteOffset + size - 4, 4).getUint32(0, true)
  const end = size - 4 - 4 * restarts
  if (end < 0) return undefined
  const reader = new ByteReader(bytes, 0, end)
  const blocks: Block[] = []
  while (!reader.done) {
    reader.variableInteger()
    const keyBytes = reader.variableInteger()
    const valueBytes = reader.variableInteger()
    reader.skip(keyBytes)
    const next = reader.at + valueBytes
    blocks.push({ offset: reader.variableInteger(), size: reader.variableInteger() })
    if (reader.at !== next) return undefined
  }
  return reader.failed ? undefined : blocks
}
