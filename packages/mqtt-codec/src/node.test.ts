import { afterEach, describe, expect, it, vi } from 'vitest'
import { pureText } from './text.ts'

afterEach(() => {
  vi.doUnmock('node:buffer')
  vi.resetModules()
})

/** The text codec as a runtime loads it whose Buffer has these functions. */
const withBuffer = async (prototype: object) => {
  vi.resetModules()
  vi.doMock('node:buffer', () => ({ Buffer: { prototype } }))
  const { pureText: general } = await import('./text.ts')
  const { nodeText } = await import('./node.ts')
  return { nodeText, general }
}

describe('nodeText', () => {
  const slice = () => 'sliced'

  it.each([
    ['neither function', {}],
    ['no latin1Slice', { utf8Slice: slice }],
    ['no utf8Slice', { latin1Slice: slice }],
  ])('is pureText where Buffer has %s', async (_title, prototype) => {
    const { nodeText, general } = await withBuffer(prototype)
    expect(nodeText).toBe(general)
  })

  it('uses the functions of Buffer where it has both', async () => {
    const { nodeText } = await withBuffer({ latin1Slice: slice, utf8Slice: slice })
    const bytes = new Uint8Array(1)
    expect([nodeText.decodeAscii(bytes, 0, 1), nodeText.decodeUtf8(bytes, 0, 1)]).toEqual(['sliced', 'sliced'])
  })

  it.each(['abc', 'é', '€', '😀', '\uFEFFa'])(
    'writes %j as pureText does, and counts what does not fit',
    async (text) => {
      const { nodeText } = await import('./node.ts')
      const whole = new Uint8Array(16)
      const end = pureText.write(whole, 1, text)
      for (const room of [16, end, end - 1, 1]) {
        const target = new Uint8Array(room)
        expect(nodeText.write(target, 1, text)).toBe(end)
      }
      const target = new Uint8Array(16)
      nodeText.write(target, 1, text)
      expect(target).toEqual(whole)
    },
  )
})
