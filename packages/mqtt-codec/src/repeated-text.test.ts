import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decode } from './decode.ts'
import { encodeInto } from './encode.ts'
import { isDecodeFailure } from './failures.ts'
import type { PublishPacket } from './packets/publish.ts'

const publish = (topicName: string): PublishPacket => ({
  type: 'publish',
  topicName,
  payload: new Uint8Array(),
  qos: 0,
  retain: false,
  dup: false,
})

const NAMES = ['a', 'b', 'a/b', 'a/c', 'ä', 'x'.repeat(256), 'x'.repeat(257), 'x'.repeat(300)]

it('decode(encode(p)) = p for names that come again and again, whatever becomes of the memory meanwhile', () => {
  const target = new Uint8Array(400)
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 30 }), (names) => {
      for (const topicName of names) {
        const packet = publish(topicName)
        const end = encodeInto(packet, 4, target, 0)
        expect(decode(target.subarray(0, end), 4)).toEqual(packet)
        target.fill(0x78)
      }
    }),
  )
})

it.each(['a', 'x'.repeat(256)])(
  'a name that was right twice is judged anew where one character of it has changed',
  (name) => {
    const target = new Uint8Array(400)
    for (let times = 0; times < 3; times++) encodeInto(publish(name), 4, target, 0)
    expect(() => encodeInto(publish(`${name.slice(1)}+`), 4, target, 0)).toThrow('3.3.2-2')
    const end = encodeInto(publish(name), 4, target, 0)
    for (let times = 0; times < 3; times++) expect(decode(target.subarray(0, end), 4)).toEqual(publish(name))
    target[end - 1] = 0x23
    expect(isDecodeFailure(decode(target.subarray(0, end), 4))).toBe(true)
  },
)

it('a name that came in a Buffer, whose slice is a view, is not taken for what the Buffer has become', () => {
  const chunk = Buffer.alloc(64)
  for (const topicName of ['t/a', 't/a', 't/b', 't/a', 't/c', 't/b']) {
    const end = encodeInto(publish(topicName), 4, chunk, 0)
    expect(decode(chunk.subarray(0, end), 4)).toEqual(publish(topicName))
  }
})

it('a name that was written into a Buffer is still itself where the Buffer is written over', () => {
  const chunk = Buffer.alloc(64)
  for (let times = 0; times < 3; times++) {
    const end = encodeInto(publish('t/d'), 4, chunk, 0)
    expect(decode(new Uint8Array(chunk.subarray(0, end)), 4)).toEqual(publish('t/d'))
    chunk.fill(0x78)
  }
})
