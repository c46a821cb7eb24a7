import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readManifest } from './manifest-file.ts'
import { isIntactTable } from './table-file.ts'

it('bytes that are no table are none, whatever they are', () => {
  const magic = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(isIntactTable(bytes)).toBe(false)
      expect(isIntactTable(Uint8Array.from([...bytes, ...new Uint8Array(48), ...magic]))).toBe(false)
    }),
  )
})

it('a MANIFEST record that cannot be read makes the MANIFEST unreadable, and never throws', () => {
  expect(readManifest([Uint8Array.of(8)])).toBeUndefined()
  expect(readManifest([Uint8Array.of(2)])).toBeUndefined()
  expect(readManifest([Uint8Array.of(1, 200, 65)])).toBeUndefined()
  expect(readManifest([Uint8Array.from([2, ...Array<number>(11).fill(0xff)])])).toBeUndefined()
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void readManifest([bytes])))
})

it('adds up what the records of a MANIFEST say', () => {
  const manifest = readManifest([
    // comparator "ab", log 3, next file 9, last sequence 5
    Uint8Array.of(1, 2, 97, 98, 2, 3, 3, 9, 4, 5, 9, 0),
    // two new tables: level, number, size, smallest and largest key
    Uint8Array.of(7, 0, 4, 100, 1, 97, 1, 98, 7, 1, 5, 0x80, 0x02, 0, 0),
    // a compact pointer, one table deleted, another log
    Uint8Array.of(5, 1, 2, 97, 98, 6, 0, 4, 2, 7),
  ])
  expect(manifest).toEqual({ logNumber: 7, tables: new Map([[5, 256]]) })
})
