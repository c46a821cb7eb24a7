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
  for (const { start, end, name } of leaves(fields)) {
    // One `expect` for thousands of fields, and not one for each.
    if (start !== at || end < start) expect.unreachable(`${name} is at ${start} to ${end}, behind ${at}`)
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

  it.each([
    ['20020305', 4, ['1, must be 0', 'yes', '5 not authorized']],
    ['20020000', 4, ['0 Connection accepted']],
    ['20020001', 4, ['1 unacceptable protocol version']],
    ['20020002', 4, ['2 identifier rejected']],
    ['20020003', 4, ['3 Server unavailable']],
    ['20020004', 4, ['4 bad User Name or Password']],
    ['20020009', 4, ['9 no such code']],
    ['82070001000001 6100', 5, ['send retained messages']],
    ['100f00064d5149736470 03 02012c 0001 61', 4, ['MQTT 3.1', '300 s']],
    ['2003009900', 5, ['0x99 PayloadFormatInvalid', 'none']],
    ['100d00044d51545409 0100000001 61', 5, ['9, no version', '1, must be 0', 'none']],
    ['100d00044d51545404 020005 0001 61', 4, ['5 s', 'MQTT 3.1.1']],
    ['8207000100000161c0', 5, ['3, must be 0']],
    ['820700010000016130', 5, ['no such value']],
    ['f00119', 5, ['0x19 ReAuthenticate']],
    ['e001ff', 5, ['0xff no such code']],
    ['0000', 5, ['0 reserved']],
    ['3003000180', 4, ['not UTF-8']],
    ['30ffffffff7f', 4, ['268435455 bytes follow']],
    ['', 5, []],
  ] as const)('says what is there, right or wrong: %s', (hex, version, meanings) => {
    const said = all(explain(bytesOf(hex.replaceAll(' ', '')), version).parts).map(({ meaning }) => meaning)
    for (const meaning of meanings) expect(said).toContain(meaning)
  })

  it('a CONNECT says its own version, unless there is no such version', () => {
    for (const protocolVersion of [3, 4, 5] as const) {
      const connect = {
        type: 'connect',
        protocolVersion,
        clientId: 'a',
        cleanStart: true,
        keepAliveSeconds: 0,
      } as const
      const explained = explain(encode(connect, protocolVersion), 4)
      expect(explained).toMatchObject({ name: 'CONNECT', version: protocolVersion, packet: { protocolVersion } })
    }
    expect(explain(bytesOf('100d00044d51545409020000000161'), 3)).toMatchObject({ version: 3 })
  })

  it('what lies behind a packet belongs to nothing, and what is no packet has no name', () => {
    expect(explain(bytesOf('c000ffff')).parts.at(-1)).toEqual({
      name: 'no field',
      start: 2,
      end: 4,
      meaning: 'belongs to nothing',
      section: '4.13',
    })
    const { name, parts } = explain(bytesOf('0000'))
    expect([name, parts[0]?.meaning]).toEqual(['no packet', 'no packet, 0 bytes follow'])
  })

  it('takes no mistake of a caller for a packet that is cut off', () => {
    expect(() => explain([0x30, 1n] as unknown as Uint8Array)).toThrow(TypeError)
  })

  it('shows a malformed packet up to where it breaks, and the failure beside it', () => {
    const { parts, failure } = explain(bytesOf('30060001612403ff'), 5)
    expect(failure).toMatchObject({ kind: 'malformed-packet' })
    expect(all(parts).map(({ name }) => name)).toContain('Topic Name')
  })
})
