import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maskedCrc32c } from './crc32c.ts'
import { readLog } from './log-file.ts'

const BLOCK = 32_768
const HEADER = 7

/** LevelDB's writer (log_writer.cc), for tests: the bytes, and where each record ends. */
const writeLog = (records: readonly Uint8Array[]): { bytes: Buffer; ends: number[] } => {
  const parts: Buffer[] = []
  const ends: number[] = []
  let at = 0
  const add = (part: Buffer): void => {
    parts.push(part)
    at += part.length
  }
  for (const record of records) {
    let done = 0
    let first = true
    let last = false
    while (!last) {
      const left = BLOCK - (at % BLOCK)
      if (left < HEADER) {
        add(Buffer.alloc(left))
        continue
      }
      const length = Math.min(record.length - done, left - HEADER)
      last = done + length === record.length
      const kind = first ? (last ? 1 : 2) : last ? 4 : 3
      const fragment = Buffer.alloc(HEADER + length)
      fragment.writeUInt16LE(length, 4)
      fragment[6] = kind
      fragment.set(record.subarray(done, done + length), HEADER)
      fragment.writeUInt32LE(maskedCrc32c(fragment, 6, fragment.length), 0)
      add(fragment)
      done += length
      first = false
    }
    ends.push(at)
  }
  return { bytes: Buffer.concat(parts), ends }
}

/** From a few bytes to more than two blocks. */
const record = fc
  .tuple(fc.oneof(fc.integer({ min: 12, max: 200 }), fc.integer({ min: 30_000, max: 70_000 })), fc.nat(255))
  .map(([length, seed]) => Uint8Array.from({ length }, (_, place) => (place * 7 + seed) & 255))
const log = fc.array(record, { minLength: 1, maxLength: 6 })

const plain = (records: readonly Uint8Array[]): string[] => records.map((each) => Buffer.from(each).toString('base64'))

describe('a log', () => {
  it('as it was written is clean, and its records are those that went in', () => {
    fc.assert(
      fc.property(log, (records) => {
        const { bytes } = writeLog(records)
        const reading = readLog(bytes)
        expect(reading.ending).toBe('clean')
        expect(reading.validBytes).toBe(bytes.length)
        expect(plain(reading.records)).toEqual(plain(records))
      }),
      { numRuns: 40 },
    )
  })

  it('cut anywhere is torn at the most, and has the records before the cut', () => {
    fc.assert(
      fc.property(log, fc.double({ min: 0, max: 1, noNaN: true }), (records, where) => {
        const { bytes, ends } = writeLog(records)
        const cut = Math.floor(bytes.length * where)
        const reading = readLog(bytes.subarray(0, cut))
        const whole = ends.filter((end) => end <= cut).length
        expect(plain(reading.records)).toEqual(plain(records.slice(0, whole)))
        expect(reading.ending).not.toBe('damaged')
        expect(reading.validBytes).toBe(whole === 0 ? 0 : ends[whole - 1])
      }),
      { numRuns: 60 },
    )
  })

  it('with one byte changed keeps the records before it, and is damaged unless that was in the last record', () => {
    fc.assert(
      fc.property(
        log,
        fc.double({ min: 0, max: 0.9999, noNaN: true }),
        fc.integer({ min: 1, max: 255 }),
        (records, where, flip) => {
          const { bytes, ends } = writeLog(records)
          const at = Math.floor(bytes.length * where)
          bytes[at]! ^= flip
          const reading = readLog(bytes)
          const before = ends.filter((end) => end <= at).length
          // The filling of a block is nobody's.
          if (reading.ending === 'clean') expect(plain(reading.records)).toEqual(plain(records))
          else {
            expect(plain(reading.records)).toEqual(plain(records.slice(0, before)))
            expect(reading.ending).toBe(before === records.length - 1 ? 'torn' : 'damaged')
            expect(reading.damagedAt).toBe(before === records.length - 1 ? undefined : (ends[before - 1] ?? 0))
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('with a block of zeros in its last record is torn: its pages reached the disk in another order', () => {
    const { bytes } = writeLog([new Uint8Array(100).fill(1), new Uint8Array(5 * BLOCK).fill(2)])
    bytes.fill(0, BLOCK, 2 * BLOCK)
    expect(readLog(bytes)).toMatchObject({ ending: 'torn', validBytes: 107 })
  })

  it('with a record that never ends and one behind it is damaged', () => {
    const first = writeLog([new Uint8Array(2 * BLOCK)]).bytes.subarray(0, BLOCK)
    const second = writeLog([new Uint8Array(20)]).bytes
    expect(readLog(Buffer.concat([first, second]))).toMatchObject({ ending: 'damaged', validBytes: 0 })
  })

  it('without anything in it is clean', () => {
    expect(readLog(new Uint8Array())).toEqual({ records: [], validBytes: 0, ending: 'clean' })
  })
})
