import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { explain, type ExplainedField } from './explain.ts'
import { encode } from './index.ts'
import { bytesOf, packets } from './testing/index.ts'

/** The fields that have no parts of their own; the bits of one byte count as that byte. */
const leaves = (fields: readonly ExplainedField[]): ExplainedField[] =>
  fields.flatMap((field) =>
    field.parts === undefined || field.parts[0]?.bits !== undefined ? [field] : leaves(field.parts),
  )

const tiles = (fields: readonly ExplainedField[], length: number): void => {
  let at = 0
  for (const { start, end } of leaves(fields)) {
    expect(start).toBe(at)
    expect(end).toBeGreaterThanOrEqual(start)
    at = end
  }
  expect(at).toBe(length)
}

const all = (fields: readonly ExplainedField[]): ExplainedField[] =>
  fields.flatMap((field) => [field, ...all(field.parts ?? [])])

describe('explain', () => {
  it.each([3, 4, 5] as const)('version %i: every byte lies in exactly one field', (version) => {
    fc.assert(
      fc.property(packets(version), (packet) => {
        const bytes = encode(packet, version)
        const explained = explain(bytes, version)
        tiles(explained.parts, bytes.length)
        expect(explained.failure).toBeUndefined()
        expect(explained.packet?.type).toBe(packet.type)
        expect(all(explained.parts).map(({ name }) => name)).not.toContain('no field')
      }),
      { numRuns: 500 },
    )
  })

  it('so it does in any bytes at all, and nothing throws', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom(3 as const, 4 as const, 5 as const),
        (bytes, version) => {
          tiles(explain(bytes, version).parts, bytes.length)
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('takes the first byte apart bit by bit: Message Type, DUP, QoS, RETAIN', () => {
    const { name, parts } = explain(bytesOf('3b0900056869206d6500017878'.slice(0, 22)), 4)
    expect(name).toBe('PUBLISH')
    const bits = all(parts).filter((field) => field.bits !== undefined)
    expect(bits.map((field) => [field.bits, field.name, field.meaning])).toEqual([
      ['0011 ....', 'Message Type', '3 PUBLISH'],
      ['.... 1...', 'DUP', '1'],
      ['.... .01.', 'QoS', '1'],
      ['.... ...1', 'RETAIN', '1'],
    ])
  })

  it('a CONNECT says its own version', () => {
    const bytes = encode(
      { type: 'connect', protocolVersion: 3, clientId: 'a', cleanStart: true, keepAliveSeconds: 0 },
      3,
    )
    expect(explain(bytes)).toMatchObject({ name: 'CONNECT', version: 3 })
  })

  it('shows a malformed packet up to where it breaks, and the failure beside it', () => {
    const { parts, failure } = explain(bytesOf('30060001612403ff'), 5)
    expect(failure).toMatchObject({ kind: 'malformed-packet' })
    expect(all(parts).map(({ name }) => name)).toContain('Topic Name')
  })
})
