import { describe, expect, it } from 'vitest'
import { FrameScanner } from './index.ts'
import { keepSpare, takeSpare } from './spare-memory.ts'

const KIBIBYTE = 1024

describe('the buffer that is kept', () => {
  it('is had by one alone, and only where it is long enough', () => {
    const long = new Uint8Array(64 * KIBIBYTE)
    keepSpare(long)
    expect(takeSpare(long.length + 1)).toBeUndefined()
    expect(takeSpare(long.length)).toBe(long)
    expect(takeSpare(long.length)).toBeUndefined()
  })

  it('is not given for a short packet, and no short one takes its place', () => {
    const long = new Uint8Array(64 * KIBIBYTE)
    keepSpare(long)
    keepSpare(new Uint8Array(8 * KIBIBYTE))
    expect(takeSpare(4 * KIBIBYTE)).toBeUndefined()
    expect(takeSpare(5 * KIBIBYTE)).toBe(long)
  })

  it('is at most 2 MiB long', () => {
    keepSpare(new Uint8Array(2 ** 21 + 1))
    expect(takeSpare(5 * KIBIBYTE)).toBeUndefined()
  })

  it('is not needed for long packets behind each other on one connection: they have the same memory, while each cut one begins in the chunk of another', () => {
    const length = 50_000
    const [frame, next] = [0xaa, 0xbb].map((filling) => {
      const bytes = new Uint8Array(length + 4).fill(filling)
      bytes.set([0x30, 0xd0, 0x86, 0x03])
      return bytes
    }) as [Uint8Array, Uint8Array]
    const stream = new Uint8Array([...frame, ...next, ...frame, ...next])
    const scanner = new FrameScanner({ version: 4 })
    const found: string[] = []
    const memories = new Set<ArrayBufferLike>()
    for (let at = 0; at < stream.length; at += 30_000) {
      scanner.push(stream.subarray(at, at + 30_000))
      while (scanner.next()) {
        const bytes = scanner.bytes.subarray(scanner.start, scanner.end)
        found.push(
          Buffer.compare(bytes, frame) === 0 ? 'first' : Buffer.compare(bytes, next) === 0 ? 'second' : 'neither',
        )
        memories.add(bytes.buffer)
      }
    }
    expect(found).toEqual(['first', 'second', 'first', 'second'])
    expect(memories.size).toBe(1)
  })

  it('serves the next long packet of another connection, cut anywhere', () => {
    const frame = new Uint8Array(100 * KIBIBYTE + 4)
    frame.set([0x30, 0x80, 0xa0, 0x06])
    const memories = [0xaa, 0xbb].map((filling) => {
      frame.fill(filling, 4)
      const scanner = new FrameScanner({ version: 4 })
      scanner.push(frame.subarray(0, 50_000))
      expect(scanner.next()).toBe(false)
      scanner.push(frame.subarray(50_000))
      expect(scanner.next()).toBe(true)
      expect(Buffer.compare(scanner.bytes.subarray(scanner.start, scanner.end), frame)).toBe(0)
      const { buffer } = scanner.bytes
      expect(scanner.next()).toBe(false)
      return buffer
    })
    expect(memories[1]).toBe(memories[0])
  })
})
