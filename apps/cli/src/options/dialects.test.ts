import { describe, expect, it } from 'vitest'
import { COLLISIONS, dialectHint, looksLikeProtocol, unknownOptionHint } from './dialects.ts'

describe('other dialects', () => {
  it.each([
    ['-C', 'mqtts', /--protocol mqtts/],
    ['-C', 'ws', /end after so many messages/],
    ['-l', 'wss', /one message for each line/],
    ['-M', 'hello', /-l/],
    ['-M', undefined, /MQTTX/],
    ['-c', 'true', /clean start is the default/],
    ['-T', '-v', /-v/],
    ['-T', undefined, /show topics/],
    ['-f', 'base64', /hexadecimal/],
  ])('%s %s gets a hint', (flag, value, hint) => {
    expect(dialectHint(flag, value)).toMatch(hint)
  })

  it.each([
    ['-C', '5'],
    ['-C', 'five'],
    ['-l', undefined],
    ['-M', '20'],
    ['-c', undefined],
    ['-T', 'a/#'],
    ['-f', 'payload.bin'],
    ['-q', 'mqtts'],
  ])('%s %s gets none', (flag, value) => {
    expect(dialectHint(flag, value)).toBeUndefined()
  })

  it('knows what the options of others that do not exist here are called', () => {
    expect(unknownOptionHint('-J')).toMatch(/--json/)
    expect(unknownOptionHint('-e')).toMatch(/message-expiry-interval/)
    expect(unknownOptionHint('--nothing')).toBeUndefined()
  })

  it('every collision says what to write instead', () => {
    for (const { flag, here, elsewhere, instead } of COLLISIONS) {
      expect(flag).toMatch(/^-[A-Za-z]$/)
      expect([here, elsewhere, instead].every((text) => text !== '')).toBe(true)
    }
    expect(looksLikeProtocol(undefined)).toBe(false)
  })
})
