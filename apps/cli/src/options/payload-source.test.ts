import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { resolvePayload } from './payload-source.ts'

const bytes = (...payload: number[]) => ({ kind: 'bytes', payload: Uint8Array.from(payload) })

describe('where the payload comes from', () => {
  it('-m, the second word, -n, -s and -l', () => {
    expect(resolvePayload({ message: 'é' }, undefined)).toEqual(bytes(0xc3, 0xa9))
    expect(resolvePayload({ message: '-5' }, undefined)).toEqual(bytes(0x2d, 0x35))
    expect(resolvePayload({ message: '' }, undefined)).toEqual(bytes())
    expect(resolvePayload({}, 'x')).toEqual(bytes(0x78))
    expect(resolvePayload({ nullMessage: true }, undefined)).toEqual(bytes())
    expect(resolvePayload({ stdinFile: true }, undefined)).toEqual({ kind: 'stdin' })
    expect(resolvePayload({ stdinLine: true }, undefined)).toEqual({ kind: 'lines' })
  })

  it('-f reads the bytes of a file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'mqtt-cli-')), 'payload')
    writeFileSync(file, Uint8Array.of(0, 0xff, 0x0a))
    const source = resolvePayload({ file }, undefined)
    expect(source.kind === 'bytes' && [...source.payload]).toEqual([0, 0xff, 0x0a])
  })

  it('nothing at all is an error and not an empty message', () => {
    expect(() => resolvePayload({}, undefined)).toThrow('there is no message')
  })

  it('two at once are an error that names both', () => {
    expect(() => resolvePayload({ message: 'a', file: 'b' }, undefined)).toThrow(/-m and -f exclude each other/)
    expect(() => resolvePayload({ message: 'a' }, 'b')).toThrow(/-m and 'b' exclude/)
  })

  it('a file that is not there is said so; MQTTX payload formats get a hint', () => {
    expect(() => resolvePayload({ file: '/nonexistent/x' }, undefined)).toThrow("-f: '/nonexistent/x' does not exist")
    try {
      resolvePayload({ file: 'hex' }, undefined)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ hint: expect.stringContaining('MQTTX: payload format') as unknown })
    }
  })
})
