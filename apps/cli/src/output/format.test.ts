import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CliError } from '../cli-error.ts'
import { compileFormat, FormatFailure } from './format.ts'
import type { ReceivedMessage } from './received-message.ts'
import { dateOf, strftime } from './strftime.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const receivedAt = 1_715_026_320_006_368_637n

const bare: ReceivedMessage = {
  topicName: 'x/abc',
  payload: text('hello'),
  qos: 0,
  retain: false,
  properties: {},
  receivedAt,
}
const full: ReceivedMessage = {
  topicName: 'x/abc',
  payload: text('{"a":1}'),
  qos: 1,
  retain: true,
  packetId: 7,
  receivedAt,
  properties: {
    topicAlias: 3,
    contentType: 'text/plain',
    correlationData: Uint8Array.of(0xff, 0x00),
    messageExpiryIntervalSeconds: 30,
    payloadFormatIndicator: 1,
    responseTopic: 'r/t',
    subscriptionIdentifiers: [9],
    userProperties: [
      ['k', 'v'],
      ['k2', 'v2'],
    ],
  },
}

const print = (format: string, message = full): string => Buffer.from(compileFormat(format)(message)).toString('latin1')
const local = (letter: string): string => strftime(letter, dateOf(receivedAt)) ?? ''
const tst = `${local('F')}T${local('T')}.006368${local('z')}`

describe('-F: fields', () => {
  it.each([
    ['%%', '%'],
    ['%A', '3'],
    ['%C', 'text/plain'],
    ['%D', '\xff\0'],
    ['%E', '30'],
    ['%F', '1'],
    ['%I', `${local('F')}T${local('T')}${local('z')}`],
    ['%l', '7'],
    ['%m', '7'],
    ['%P', 'k:v k2:v2'],
    ['%p', '{"a":1}'],
    ['%q', '1'],
    ['%R', 'r/t'],
    ['%r', '1'],
    ['%S', '9'],
    ['%t', 'x/abc'],
    ['%U', '1715026320.006368637'],
    ['%x', '7b2261223a317d'],
    ['%X', '7B2261223A317D'],
    ['%t %p', 'x/abc {"a":1}'],
    ['', ''],
  ])('%s', (format, expected) => {
    expect(print(format)).toBe(expected)
  })

  it('what a message does not have is empty, and keeps its column', () => {
    expect(print('[%A|%C|%D|%E|%F|%m|%P|%R|%S|%d|%f]', bare)).toBe('[||||||||||]')
    expect(print('[%5A|%-5C|%05E|%3R]', bare)).toBe('[     |     |00000|   ]')
  })

  it('%d and %f read 8 and 4 bytes as a floating point number', () => {
    expect(print('%d', { ...bare, payload: new Uint8Array(Float64Array.of(1.5).buffer) })).toBe('1.500000')
    expect(print('%.1f', { ...bare, payload: new Uint8Array(Float32Array.of(-2.5).buffer) })).toBe('-2.5')
    expect(print('%f', bare)).toBe('')
  })
})

describe('-F: flags, width and precision', () => {
  it.each([
    ['%10t', '     x/abc'],
    ['%-10t|', 'x/abc     |'],
    ['%3t', 'x/abc'],
    ['%.3t', 'x/a'],
    ['%10.3t', '       x/a'],
    ['%-6.3t|', 'x/a   |'],
    ['%08l', '00000007'],
    ['%-8l|', '7       |'],
    ['%-08l|', '7       |'],
    ['%8l', '       7'],
    ['%3q|%5r|%9P', '1|1|k:v k2:v2'],
    ['%10p', '   {"a":1}'],
    ['%.3p', '{"a'],
    ['%.2:x', '7b:22:61:22:3a:31:7d'],
    ['%.4 X', '7B22 6122 3A31 7D'],
    ['%20x', '      7b2261223a317d'],
    ['%020x', '0000007b2261223a317d'],
    ['%010t', '     x/abc'],
  ])('%s', (format, expected) => {
    expect(print(format)).toBe(expected)
  })

  it('counts characters, not bytes', () => {
    const message = { ...bare, topicName: 'é€' }
    expect(Buffer.from(compileFormat('%4t|%.1t')(message)).toString()).toBe('  é€|é')
  })
})

describe('-F: time and escapes', () => {
  it.each([
    ['@Y-@m-@d', local('F')],
    ['@@', '@'],
    ['@N', '006368637'],
    ['@s', '1715026320'],
    [String.raw`\\\0\a\e\n\r\t\v`, '\\\0\x07\x1b\n\r\t\v'],
  ])('%s', (format, expected) => {
    expect(print(format)).toBe(expected)
  })
})

describe('-F: JSON', () => {
  it('%j has the keys of mosquitto_sub, in its order', () => {
    expect(print('%j')).toBe(
      `{"tst":"${tst}","topic":"x/abc","qos":1,"retain":1,"payloadlen":7,"mid":7,"properties":{"topic-alias":3,` +
        '"content-type":"text/plain","correlation-data":null,"correlation-data_b64":"/wA=","message-expiry-interval":30,' +
        '"payload-format-indicator":1,"response-topic":"r/t","subscription-identifier":9,' +
        '"user-properties":[{"k":"v"},{"k2":"v2"}]},"payload":"{\\"a\\":1}"}',
    )
    expect(print('%j', bare)).toBe(
      `{"tst":"${tst}","topic":"x/abc","qos":0,"retain":0,"payloadlen":5,"payload":"hello"}`,
    )
  })

  it('%j keeps NUL bytes, and gives what is not UTF-8 as Base64', () => {
    expect(JSON.parse(print('%j', { ...bare, payload: Uint8Array.of(0x61, 0, 0x62) }))).toMatchObject({
      payload: 'a\0b',
    })
    expect(JSON.parse(print('%j', { ...bare, payload: Uint8Array.of(0xff, 0xfe) }))).toMatchObject({
      payload: null,
      payload_b64: '//4=',
    })
    expect(JSON.parse(print('%j', { ...bare, payload: new Uint8Array(0) }))).toMatchObject({
      payload: null,
      payloadlen: 0,
    })
  })

  it('%j gives back any payload', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (payload) => {
        const line = Buffer.from(compileFormat('%j')({ ...bare, payload })).toString()
        expect(line).not.toContain('\n')
        const parsed = JSON.parse(line) as { payload: string | null; payload_b64?: string }
        const back =
          parsed.payload_b64 === undefined
            ? Buffer.from(parsed.payload ?? '')
            : Buffer.from(parsed.payload_b64, 'base64')
        expect([...back]).toEqual([...payload])
      }),
    )
  })

  it('%J embeds the payload as it is: long numbers keep their digits, line breaks go', () => {
    expect(print('%J', { ...bare, payload: text('{\n "n": 12345678901234567890 }\n') })).toContain(
      '"payload":{  "n": 12345678901234567890 }}',
    )
    expect(print('%J', { ...bare, payload: new Uint8Array(0) })).toContain('"payload":null}')
  })

  it.each(['hello', '{', '\xff'])('%%J of %j is a failure that names the topic', (payload) => {
    expect(() => print('%J', { ...bare, payload: Buffer.from(payload, 'latin1') })).toThrow(FormatFailure)
    expect(() => print('%J', { ...bare, payload: Buffer.from(payload, 'latin1') })).toThrow(/x\/abc is not valid JSON/)
  })
})

describe('-F: mistakes are found before anything connects', () => {
  it.each([
    ['%z', /no field '%z' \(character 1\)/],
    ['ab%', /ends in the middle of a field: '%' \(character 3\)/],
    ['%-', /ends in the middle of a field/],
    ['%5.', /ends in the middle of a field/],
    ['%.2:', /no field '%.2:'/],
    ['@', /ends in the middle of a time conversion/],
    ['@Q', /no time conversion '@Q'/],
    [String.raw`\q`, /no escape/],
    ['\\', /ends in the middle of an escape/],
    ['%99999t', /larger than 10000/],
    ['%😀', /no field '%😀'/],
  ])('%s', (format, message) => {
    expect(() => compileFormat(format)).toThrow(message)
    expect(() => compileFormat(format)).toThrow(CliError)
  })

  it('any text compiles, or is a usage error', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('%', '@', '\\', '%-', '%0', '%5', '%.2:x', '%j', '@N', '%t'))
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        try {
          compileFormat(pieces.join(''))({ ...full, payload: text('1') })
        } catch (error) {
          expect(CliError.isInstance(error) && error.exitCode).toBe(2)
        }
      }),
    )
  })
})
