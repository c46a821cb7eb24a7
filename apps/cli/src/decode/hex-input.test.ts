import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CliError } from '../cli-error.ts'
import { parseHexadecimal } from './hex-input.ts'

describe('hexadecimal input', () => {
  it.each([
    '300700',
    '30 07 00',
    '30:07:00',
    '30-07-00',
    '0x300700',
    '0x30, 0x07, 0x00',
    String.raw`\x30\x07\x00`,
    ' 30\n07\t00\r\n',
    '30_07_00',
  ])('%j', (text) => {
    expect([...parseHexadecimal(text)]).toEqual([0x30, 0x07, 0x00])
  })

  it('reads back whatever bytes are written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        expect([...parseHexadecimal(Buffer.from(bytes).toString('hex'))]).toEqual([...bytes])
      }),
    )
  })

  it.each([
    ['3', 'the hexadecimal digits end in the middle of a byte, at character 2'],
    ['30 7', 'the hexadecimal digits end in the middle of a byte, at character 5'],
    ['3 0', 'the hexadecimal digits end in the middle of a byte, at character 2'],
    ['30 0g', '"g" is not a hexadecimal digit, at character 5'],
    ['hello', '"h" is not a hexadecimal digit, at character 1'],
    ['30\n07\nzz', '"z" is not a hexadecimal digit, at line 3, character 1'],
    ['30 😀', '"😀" is not a hexadecimal digit, at character 4'],
    ['0x', 'the hexadecimal digits end in the middle of a byte, at character 3'],
    ['', 'there are no bytes to decode'],
    [' \n', 'there are no bytes to decode'],
  ])('%j is refused with its position', (text, message) => {
    try {
      parseHexadecimal(text)
      expect.unreachable()
    } catch (error) {
      expect(CliError.isInstance(error)).toBe(true)
      expect(error).toMatchObject({ message, exitCode: 65 })
    }
  })
})
