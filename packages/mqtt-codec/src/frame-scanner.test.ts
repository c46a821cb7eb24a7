import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameScanner, reasonCodeName } from './index.ts'
import { hasControlCharacter, isWellFormedUtf8 } from './relay.ts'
import { bytesOf } from './testing/index.ts'

const frame = (...body: number[]): number[] => [0x30, body.length, ...body]

describe('FrameScanner', () => {
  it('tells the first byte of the next packet before it is taken, also of one that is only begun', () => {
    const scanner = new FrameScanner({ version: 5 })
    expect(scanner.nextFirstByte).toBe(-1)
    scanner.push(Uint8Array.of(0xc0, 0, 0x30, 3, 0, 1))
    expect([scanner.nextFirstByte, scanner.next(), scanner.nextFirstByte]).toEqual([0xc0, true, 0x30])
    expect([scanner.next(), scanner.nextFirstByte]).toEqual([false, 0x30])
    scanner.push(Uint8Array.of(0x61, 0xd0, 0))
    expect([scanner.nextFirstByte, scanner.next(), scanner.nextFirstByte, scanner.next()]).toEqual([
      0x30,
      true,
      0xd0,
      true,
    ])
    expect(scanner.nextFirstByte).toBe(-1)
  })

  it('lets its owner stop between two frames, and reads on from a copy when the chunk is gone', () => {
    const scanner = new FrameScanner({ version: 4 })
    const chunk = Uint8Array.of(...frame(0, 1, 0x61), ...frame(0, 1, 0x62), 0x30)
    scanner.push(chunk)
    expect([scanner.next(), scanner.unread]).toEqual([true, true])
    expect(scanner.heldBytes).toBe(0)
    scanner.detach()
    chunk.fill(0xdb)
    // The second frame and the byte behind it.
    expect(scanner.heldBytes).toBe(6)
    expect([scanner.next(), scanner.bytes[scanner.end - 1], scanner.heldBytes]).toEqual([true, 0x62, 1])
    expect([scanner.next(), scanner.pendingFirstByte, scanner.heldBytes]).toEqual([false, 0x30, 1])
    scanner.push(Uint8Array.of(3, 0, 1, 0x63))
    expect([scanner.next(), scanner.bytes[scanner.end - 1], scanner.next(), scanner.pendingFirstByte]).toEqual([
      true,
      0x63,
      false,
      -1,
    ])
  })

  it('joins what is unread to the next chunk, and keeps its memory for one cut packet after the other', () => {
    const scanner = new FrameScanner({ version: 4 })
    const read: number[] = []
    const all = () => {
      while (scanner.next()) read.push(scanner.bytes[scanner.end - 1]!)
    }
    scanner.push(Uint8Array.of(...frame(0, 1, 0x61), 0x30))
    scanner.push(Uint8Array.of(3, 0, 1, 0x62, 0x30))
    expect(scanner.heldBytes).toBe(11)
    all()
    // Each chunk ends the packet that was cut and begins the next one.
    for (const letter of [0x63, 0x64, 0x65]) {
      scanner.push(Uint8Array.of(3, 0, 1, letter, 0x30))
      all()
    }
    expect(read).toEqual([0x61, 0x62, 0x63, 0x64, 0x65])
    expect([scanner.heldBytes, scanner.pendingFirstByte]).toEqual([1, 0x30])
  })

  it('gives the same frames however pushes, reads and detaches are interleaved, with chunks overwritten', () => {
    const step = fc.record({ bytes: fc.integer({ min: 1, max: 9 }), reads: fc.nat(3) })
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 6 }),
        fc.array(step, { minLength: 1 }),
        (bodies, steps) => {
          const whole = bodies.flatMap((body) =>
            body.length < 128
              ? [0x30, body.length, ...body]
              : [0x30, (body.length & 0x7f) | 0x80, body.length >> 7, ...body],
          )
          const scanner = new FrameScanner({ version: 4 })
          const seen: number[][] = []
          const read = (): boolean => {
            if (!scanner.next()) return false
            seen.push([...scanner.bytes.subarray(scanner.bodyStart, scanner.end)])
            return true
          }
          for (let at = 0, turn = 0; at < whole.length; turn++) {
            const { bytes, reads } = steps[turn % steps.length]!
            const chunk = Uint8Array.from(whole.slice(at, at + bytes * 10))
            at += bytes * 10
            scanner.push(chunk)
            for (let count = 0; count < reads && read(); count++);
            if (scanner.unread) scanner.detach()
            chunk.fill(0xdb)
          }
          while (read());
          expect(seen).toEqual(bodies.map((body) => [...body]))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('one 1 MiB frame in 64 KiB chunks is put together once', () => {
    const scanner = new FrameScanner({ version: 4 })
    const size = 1 << 20
    scanner.push(Uint8Array.of(0x30, (size & 0x7f) | 0x80, ((size >> 7) & 0x7f) | 0x80, size >> 14))
    for (let at = 0; at < size; at += 65_536) {
      expect(scanner.next()).toBe(false)
      scanner.push(new Uint8Array(65_536).fill(at >> 16))
    }
    expect([scanner.next(), scanner.end - scanner.bodyStart]).toEqual([true, size])
    expect([scanner.bytes[scanner.bodyStart], scanner.bytes[scanner.end - 1]]).toEqual([0, 15])
  })

  it('hostile #10: AUTH before 5.0 is refused on its first byte', () => {
    const scanner = new FrameScanner({ version: 4 })
    scanner.push(Uint8Array.of(0xf0))
    expect([scanner.next(), scanner.failure?.reasonCode !== undefined]).toEqual([false, true])
  })
})

describe('text', () => {
  it('[MQTT-1.5.4-1] is well-formed exactly where a strict decoder says so, but for U+0000', () => {
    // Every length of UTF-8 as often.
    const character = fc
      .oneof(...[0x80, 0x800, 0x10000, 0x110000].map((beyond) => fc.nat(beyond - 1)))
      .map((point) => String.fromCodePoint(point))
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 6 }),
          fc.array(character, { maxLength: 4 }).map((text) => new TextEncoder().encode(text.join(''))),
        ),
        (bytes) => {
          let expected = !bytes.includes(0)
          try {
            strict.decode(bytes)
          } catch {
            expected = false
          }
          expect(isWellFormedUtf8(bytes, 0, bytes.length)).toBe(expected)
        },
      ),
      { numRuns: 5000 },
    )
  })

  it.each([
    ['61', true],
    ['c280', true],
    ['efbfbf', true],
    ['f48fbfbf', true],
    ['00', false],
    ['6100', false],
    ['80', false],
    ['c1bf', false],
    ['c3', false],
    ['c361', false],
    ['e09fbf', false],
    ['eda080', false],
    ['ef8080', true],
    ['f08fbfbf', false],
    ['f4908080', false],
    ['f5808080', false],
  ])('[MQTT-1.5.4-1] [MQTT-1.5.4-2] %s is well-formed: %s', (hex, expected) => {
    const bytes = bytesOf(hex)
    expect(isWellFormedUtf8(bytes, 0, bytes.length)).toBe(expected)
    const around = Uint8Array.of(0x80, ...bytes, 0x80)
    expect(isWellFormedUtf8(around, 1, around.length - 1)).toBe(expected)
  })

  it.each([
    ['\u0001', true],
    ['\u001f', true],
    [' ', false],
    ['\u007f', true],
    ['\u0080', true],
    ['\u009f', true],
    ['\u00a0', false],
    ['\ufffd', false],
    ['\ufffe', true],
    ['\uffff', true],
    ['\u{1fffe}', false],
    ['\u{2a6d4}', false],
  ])('hostile #29: control characters and non-characters: %j', (text, expected) => {
    const bytes = new TextEncoder().encode(text)
    expect(hasControlCharacter(bytes, 0, bytes.length)).toBe(expected)
  })

  it('names Reason Codes', () => {
    expect([reasonCodeName(0), reasonCodeName(0x97), reasonCodeName(0x7f)]).toEqual([
      'Success',
      'QuotaExceeded',
      undefined,
    ])
  })
})
