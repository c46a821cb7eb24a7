import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode } from './decode.ts'
import { encodeInto } from './encode.ts'
import { isDecodeFailure } from './failures.ts'
import type { PublishPacket } from './packets/publish.ts'
import { rememberWritten, writtenBefore } from './repeated-text.ts'

const publish = (topicName: string): PublishPacket => ({
  type: 'publish',
  topicName,
  payload: new Uint8Array(),
  qos: 0,
  retain: false,
  dup: false,
})

/** Whoever comes so often has been learnt. */
const ENOUGH = 32

const NAMES = ['a', 'b', 'a/b', 'a/c', 'ä', 'x'.repeat(256), 'x'.repeat(257), 'x'.repeat(300)]

it('decode(encode(p)) = p for names that come again and again, whatever becomes of the memory meanwhile', () => {
  const target = new Uint8Array(400)
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 30 }), (names) => {
      for (const topicName of Array.from({ length: ENOUGH }, () => names).flat()) {
        const packet = publish(topicName)
        const end = encodeInto(packet, 4, target, 0)
        expect(decode(target.subarray(0, end), 4)).toEqual(packet)
        target.fill(0x78)
      }
    }),
  )
})

it.each(['a', 'x'.repeat(256)])(
  'a name that was right often is judged anew where one character of it has changed',
  (name) => {
    const target = new Uint8Array(400)
    for (let times = 0; times < ENOUGH; times++) encodeInto(publish(name), 4, target, 0)
    expect(() => encodeInto(publish(`${name.slice(1)}+`), 4, target, 0)).toThrow('3.3.2-2')
    const end = encodeInto(publish(name), 4, target, 0)
    for (let times = 0; times < 3; times++) expect(decode(target.subarray(0, end), 4)).toEqual(publish(name))
    target[end - 1] = 0x23
    expect(isDecodeFailure(decode(target.subarray(0, end), 4))).toBe(true)
  },
)

it('a name that came in a Buffer, whose slice is a view, is not taken for what the Buffer has become', () => {
  const chunk = Buffer.alloc(64)
  for (const topicName of Array.from({ length: ENOUGH }, () => ['t/a', 't/a', 't/b', 't/a', 't/c', 't/b']).flat()) {
    const end = encodeInto(publish(topicName), 4, chunk, 0)
    expect(decode(chunk.subarray(0, end), 4)).toEqual(publish(topicName))
  }
})

it('a name that was written into a Buffer is still itself where the Buffer is written over', () => {
  const chunk = Buffer.alloc(64)
  for (let times = 0; times < 2 * ENOUGH; times++) {
    const end = encodeInto(publish('t/d'), 4, chunk, 0)
    expect(decode(new Uint8Array(chunk.subarray(0, end)), 4)).toEqual(publish('t/d'))
    chunk.fill(0x78)
  }
})

describe('names that are written', () => {
  /** As encoding does: what is not known is written out and remembered. Returns how many were known. */
  const write = (names: readonly string[]): number => {
    let known = 0
    for (const name of names) {
      const bytes = writtenBefore(name)
      if (bytes === undefined) rememberWritten(name, Buffer.from(`--${name}--`), 2)
      else if (Buffer.from(bytes).toString() === name) known++
      else throw new TypeError(`${name} was remembered as ${String(bytes)}`)
    }
    return known
  }
  const named = (prefix: string, count: number) => Array.from({ length: count }, (_, number) => `${prefix}/${number}`)
  const writeOften = (names: readonly string[], times: number) => {
    for (let time = 0; time < times; time++) write(names)
    return write(names)
  }

  it('all are known in the end, where a program has few', () => {
    expect(writeOften(named('few', 100), 1000)).toBe(100)
  })

  it('they stay known where every other name is a new one', () => {
    for (const name of named('new', 40_000)) write(['few/1', name])
    expect(write(named('few', 100))).toBe(100)
  })

  it('256 are known at most', () => {
    const names = named('many', 400)
    writeOften(names, 500)
    const all = [...names, ...named('few', 100)]
    const known = all.filter((name) => writtenBefore(name) !== undefined).length
    expect(known).toBeLessThanOrEqual(256)
    expect(known).toBeGreaterThan(200)
  })

  it('few are looked for where names never come again, and those that were known make room', () => {
    let looked = 0
    for (const name of named('never', 100_000)) {
      write([name])
      // Where it has been learnt just now, and is looked for.
      looked += write([name])
    }
    expect(looked).toBeLessThan(100_000 / 16)
    expect(write([...named('few', 100), ...named('many', 400)])).toBe(0)
  })

  it.each([1, 2, 31, 32, 50, 64, 100])('%i of them are known where they come in turns, also after that', (count) => {
    expect(writeOften(named('again', count), 40_000 / count + 1000)).toBe(count)
  })
})
