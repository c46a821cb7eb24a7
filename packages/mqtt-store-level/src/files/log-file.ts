import { maskedCrc32c } from './crc32c.ts'

/**
 * LevelDB's log format, in which both the write-ahead log and the MANIFEST are written: blocks of 32 KiB, in them fragments of
 * records with checksum (4), length (2) and kind (1) in front. LevelDB itself skips what it cannot read in a write-ahead log and
 * says so only in its own log file, so a flipped bit would silently lose a commit from the middle. Hence this reader: it tells a
 * torn tail, which a crash leaves and which promised nothing, from damage before the tail, which nobody may hide.
 */
export interface LogReading {
  /** Each whole record, as offsets of its fragments' payloads. */
  readonly records: readonly Uint8Array[]
  /** Bytes up to the end of the last whole record before any damage. */
  readonly validBytes: number
  readonly ending: 'clean' | 'torn' | 'damaged'
  /** Where a record that should be there is not. */
  readonly damagedAt?: number
}

export const readLog = (bytes: Uint8Array): LogReading => {
  const records: Uint8Array[] = []
  let validBytes = 0
  let pieces: Uint8Array[] | undefined
  let at = 0
  for (;;) {
    at = nextHeader(at)
    if (at >= bytes.length) break
    const fragment = fragmentAt(bytes, at)
    const starts = fragment?.kind === Kind.Full || fragment?.kind === Kind.First
    if (fragment === undefined || starts !== (pieces === undefined)) {
      // A record that another one follows without its end is as damaged as one with a wrong checksum.
      const intactRecordFollows = starts || intactRecordAfter(bytes, at)
      return intactRecordFollows
        ? { records, validBytes, ending: 'damaged', damagedAt: validBytes }
        : { records, validBytes, ending: 'torn' }
    }
    const payload = bytes.subarray(at + HEADER_BYTES, fragment.end)
    at = fragment.end
    if (fragment.kind === Kind.First) pieces = [payload]
    else pieces?.push(payload)
    if (fragment.kind === Kind.Full || fragment.kind === Kind.Last) {
      records.push(pieces === undefined ? payload : joined(pieces))
      pieces = undefined
      validBytes = at
    }
  }
  return {
    records,
    validBytes,
    ending: pieces === undefined && validBytes === bytes.length ? 'clean' : endOf(bytes, validBytes),
  }
}

const BLOCK_BYTES = 32_768
const HEADER_BYTES = 7
const Kind = { Full: 1, First: 2, Middle: 3, Last: 4 } as const

interface Fragment {
  readonly kind: number
  readonly end: number
}

/** The rest of a block that is too small for a header is filled up. */
const nextHeader = (at: number): number => {
  const left = BLOCK_BYTES - (at % BLOCK_BYTES)
  return left < HEADER_BYTES ? at + left : at
}

const fragmentAt = (bytes: Uint8Array, at: number): Fragment | undefined => {
  if (at + HEADER_BYTES > bytes.length) return undefined
  const kind = bytes[at + 6]!
  if (kind < Kind.Full || kind > Kind.Last) return undefined
  const end = at + HEADER_BYTES + (bytes[at + 4]! | (bytes[at + 5]! << 8))
  if (end > bytes.length || end > at - (at % BLOCK_BYTES) + BLOCK_BYTES) return undefined
  const checksum = (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  return checksum === maskedCrc32c(bytes, at + 6, end) ? { kind, end } : undefined
}

/**
 * Whether a record begins behind damage. In the damaged block any byte may be where, since the length may be what is damaged;
 * every later block begins with a fragment. Parts of the damaged record do not count: pages of one write reach a disk in any order.
 */
const intactRecordAfter = (bytes: Uint8Array, damage: number): boolean => {
  const nextBlock = damage - (damage % BLOCK_BYTES) + BLOCK_BYTES
  for (let at = damage + 1; at < Math.min(nextBlock, bytes.length); at++) if (beginsAt(bytes, at)) return true
  for (let block = nextBlock; block < bytes.length; block += BLOCK_BYTES) {
    let at = block
    while (at < block + BLOCK_BYTES) {
      const fragment = fragmentAt(bytes, at)
      if (fragment === undefined) break
      if (fragment.kind === Kind.Full || fragment.kind === Kind.First) return true
      at = fragment.end
    }
  }
  return false
}

const beginsAt = (bytes: Uint8Array, at: number): boolean => {
  const kind = bytes[at + 6]
  return (kind === Kind.Full || kind === Kind.First) && fragmentAt(bytes, at) !== undefined
}

/** What is left behind the last record is a torn one, unless it is the filling of a block. */
const endOf = (bytes: Uint8Array, validBytes: number): 'clean' | 'torn' =>
  nextHeader(validBytes) >= bytes.length && bytes.subarray(validBytes).every((byte) => byte === 0) ? 'clean' : 'torn'

const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
