import { describe, expect, it } from 'vitest'
import { saslprep } from './saslprep.ts'

describe('saslprep', () => {
  it.each([
    ['I\u00adX', 'IX'],
    ['user', 'user'],
    ['USER', 'USER'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
    ['\u0007', undefined],
    ['\u0627\u0031', undefined],
  ])('RFC 4013 section 3, %j', (text, prepared) => {
    expect(saslprep(text)).toBe(prepared)
  })

  it('makes other spaces plain', () => {
    expect(saslprep('a\u00a0b\u3000c\u200bd')).toBe('a b c d')
  })

  it('takes text from right to left, but no mixture', () => {
    expect(saslprep('\u0627\u0031\u0628')).toBe('\u0627\u0031\u0628')
    expect(saslprep('\u0627a\u0628')).toBeUndefined()
  })

  it.each([
    '\u0000',
    '\u007f',
    '\u0080',
    '\ue000',
    '\ufffe',
    '\u{1ffff}',
    '\ufffd',
    '\u2ff0',
    '\u200e',
    '\u{e0041}',
    '\ud800',
  ])('refuses %j', (text) => {
    expect(saslprep(`a${text}b`)).toBeUndefined()
  })
})
