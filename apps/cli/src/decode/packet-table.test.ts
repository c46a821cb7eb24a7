import { describe, expect, it } from 'vitest'
import { palette } from '../output/colour.ts'
import { FakeOutput } from '../testing/fake-terminal.ts'
import { packetTable, type PacketRow } from './packet-table.ts'

const plain = palette({ environment: {} }, new FakeOutput())
const colourful = palette({ environment: {} }, new FakeOutput(true))
const row = (more: Partial<PacketRow>): PacketRow => ({
  depth: 0,
  offset: 0,
  bytes: new Uint8Array(0),
  name: 'name',
  meaning: 'meaning',
  section: '2.1',
  ...more,
})

describe('the picture of a packet', () => {
  it('aligns its columns, also behind wide and combining characters', () => {
    const rows = [
      row({ bytes: Uint8Array.of(0x30), name: 'first byte' }),
      row({ depth: 1, offset: undefined, bits: '0011 ....', name: 'Message Type', meaning: '漢字 e\u0301 😀' }),
      row({ offset: 12_345, bytes: new Uint8Array(20), name: 'Payload' }),
    ]
    expect(packetTable(rows, plain)).toBe(
      [
        'offset  bytes                    field           meaning    section',
        '     0  30                       first byte      meaning    2.1',
        '        0011 ....                  Message Type  漢字 e\u0301 😀  2.1',
        ' 12345  00 00 00 00 00 00 00 00  Payload         meaning    2.1',
        '        00 00 00 00 00 00 00 00',
        '        00 00 00 00',
        '',
      ].join('\n'),
    )
  })

  it('cuts a long field', () => {
    expect(packetTable([row({ bytes: new Uint8Array(100) })], plain)).toContain('... 36 more\n')
  })

  it('has the same text with colours', () => {
    const rows = [row({ bytes: Uint8Array.of(1) }), row({ depth: 1 })]
    const bare = packetTable(rows, colourful).replaceAll(new RegExp(`${String.fromCodePoint(27)}\\[\\d+m`, 'g'), '')
    expect(packetTable(rows, colourful)).not.toBe(bare)
    expect(bare.replaceAll(/ +\n/g, '\n')).toBe(packetTable(rows, plain))
  })
})
