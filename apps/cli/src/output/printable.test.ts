import { describe, expect, it } from 'vitest'
import { printable } from './printable.ts'

describe('text for a terminal', () => {
  it.each([
    ['plain, é, 漢, 😀', 'plain, é, 漢, 😀'],
    ['\u001b[31mred', String.raw`\x1b[31mred`],
    ['a\r\n\tb\0', String.raw`a\r\n\tb\0`],
    ['\u0085\u007f', String.raw`\x85\x7f`],
    ['abc\u202edef', String.raw`abc\u{202e}def`],
    ['\ufeffx', String.raw`\u{feff}x`],
  ])('%j', (text, expected) => {
    expect(printable(text)).toBe(expected)
  })
})
