import { usageError } from '../cli-error.ts'
import { isoTimestamp, jsonMessage, jsonMessageEmbedded } from './json-message.ts'
import type { ReceivedMessage } from './received-message.ts'
import { dateOf, isConversion, nanosecondsOf, strftime } from './strftime.ts'

/**
 * The `-F` language of mosquitto_sub: `%` message fields with flags, width and precision, `@` strftime, `\` escapes. It is compiled
 * before anything connects, so a mistake in it costs nothing.
 *
 * @returns a function from a message to the bytes to print; it throws nothing but FormatFailure.
 * @throws CliError usage error with the position of what is not understood
 */
export function compileFormat(format: string): MessageFormat {
  const parts: FormatPart[] = []
  let at = 0
  let literal = ''
  const flush = (): void => {
    if (literal !== '') parts.push(constant(literal))
    literal = ''
  }
  while (at < format.length) {
    const start = at
    const character = format.charAt(at++)
    if (character === '\\') {
      const escape = ESCAPES.get(format.charAt(at++))
      if (escape === undefined)
        throw incomprehensible(format, start, at, 'an escape', '\\\\ \\0 \\a \\e \\n \\r \\t \\v')
      literal += escape
    } else if (character === '@') {
      const conversion = [...format.slice(at)][0] ?? ''
      at += Math.max(conversion.length, 1)
      if (conversion === '@') literal += '@'
      else {
        if (conversion !== 'N' && !isConversion(conversion)) {
          throw incomprehensible(
            format,
            start,
            at,
            'a time conversion',
            '@@, @N and those of strftime, e.g. @Y-@m-@d @H:@M:@S',
          )
        }
        flush()
        parts.push(timePart(conversion))
      }
    } else if (character === '%') {
      const field = readField(format, start)
      at = field.end
      if (field.specifier === '%') literal += '%'
      else {
        flush()
        parts.push(fieldPart(field))
      }
    } else literal += character
  }
  flush()
  return (message) => concatenate(parts.map((part) => part(message)))
}

export type MessageFormat = (message: ReceivedMessage) => Uint8Array

/** A message that the format cannot print (`%J` of what is no JSON). The stream of messages goes on. */
export class FormatFailure extends Error {
  override readonly name = 'FormatFailure'
  readonly code = 'FORMAT_FAILURE'
}

type FormatPart = (message: ReceivedMessage) => Uint8Array

interface Field {
  readonly specifier: string
  readonly left: boolean
  readonly zero: boolean
  readonly width: number
  /** -1: none given */
  readonly precision: number
  /** Of `%x` and `%X` with a precision: what stands between the groups. */
  readonly separator: string
  readonly end: number
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\'],
  ['0', '\0'],
  ['a', '\x07'],
  ['e', '\x1b'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
])
const SPECIFIERS = '%ACDdEFfIjJlmPpqRrStUxX'
/** Wide enough for any column, and a typo in the width does not fill the memory. */
const MAXIMUM_WIDTH = 10_000

function readField(format: string, start: number): Field {
  let at = start + 1
  let left = false
  let zero = false
  for (; format[at] === '-' || format[at] === '0'; at++) {
    if (format[at] === '-') left = true
    else zero = true
  }
  const number = (): number => {
    const digits = /^\d*/.exec(format.slice(at))?.[0] ?? ''
    at += digits.length
    return Number(digits)
  }
  const width = number()
  let precision = -1
  if (format[at] === '.') {
    at++
    precision = number()
  }
  let separator = ''
  // `%.2:x`: a character between the digits and x or X separates groups of so many digits.
  const next = format[at] ?? ''
  if (precision > 0 && /[xX]/.test(format[at + 1] ?? '') && (!SPECIFIERS.includes(next) || next === '%')) {
    separator = next
    at++
  }
  const specifier = [...format.slice(at)][0] ?? ''
  at += Math.max(specifier.length, 1)
  if (specifier === '' || !SPECIFIERS.includes(specifier)) {
    throw incomprehensible(
      format,
      start,
      at,
      'a field',
      '%t topic, %p payload, %q QoS, %r retain, %l length, %j JSON, %x hexadecimal, %I time',
    )
  }
  if (width > MAXIMUM_WIDTH || precision > MAXIMUM_WIDTH) {
    throw usageError(`-F: a width in ${quote(format.slice(start, at))} is larger than ${MAXIMUM_WIDTH}`)
  }
  return { specifier, left, zero, width, precision, separator, end: at }
}

function incomprehensible(format: string, start: number, end: number, kind: string, known: string): Error {
  const text = format.slice(start, end)
  const incomplete = end > format.length
  const what = incomplete
    ? `ends in the middle of ${kind}: ${quote(text)}`
    : `has no ${kind.replace(/^an? /, '')} ${quote(text)}`
  return usageError(`-F ${what} (character ${start + 1})`, `it knows ${known}; a literal % is %%`)
}

function quote(text: string): string {
  return `'${text}'`
}

function timePart(conversion: string): FormatPart {
  return ({ receivedAt }) =>
    utf8(conversion === 'N' ? nanosecondsOf(receivedAt) : (strftime(conversion, dateOf(receivedAt)) ?? ''))
}

function fieldPart(field: Field): FormatPart {
  return (message) => {
    const value = valueOf(field, message)
    if (value === undefined)
      return pad(new Uint8Array(0), { ...field, zero: field.zero && NUMBERS.includes(field.specifier) })
    if (typeof value === 'number') return pad(utf8(String(value)), field)
    const textual = { ...field, zero: field.zero && /[xX]/.test(field.specifier) }
    if (typeof value === 'string') {
      const characters = [...value]
      const cut = field.precision >= 0 && PRECISE.includes(field.specifier)
      return pad(utf8(cut ? characters.slice(0, field.precision).join('') : value), textual)
    }
    const cut = field.precision >= 0 && field.specifier === 'p'
    return pad(cut ? value.subarray(0, field.precision) : value, textual)
  }
}

const NUMBERS = 'AEFlmS'
/** Fields whose precision is a maximum width in characters (of %p, in bytes). */
const PRECISE = 'CIRtU'

/** A number, text or bytes; undefined where the message has no such field. */
function valueOf(field: Field, message: ReceivedMessage): number | string | Uint8Array | undefined {
  const { properties, payload } = message
  switch (field.specifier) {
    case 'A':
      return properties.topicAlias
    case 'C':
      return properties.contentType
    case 'D':
      return properties.correlationData
    case 'E':
      return properties.messageExpiryIntervalSeconds
    case 'F':
      return properties.payloadFormatIndicator
    case 'R':
      return properties.responseTopic
    case 'S':
      return properties.subscriptionIdentifiers?.[0]
    case 'P':
      return properties.userProperties?.map(([name, value]) => `${name}:${value}`).join(' ')
    case 'd':
    case 'f':
      return floatOf(payload, field)
    case 'I':
      return isoTimestamp(message.receivedAt).replace(/\.\d+/, '')
    case 'U':
      return `${message.receivedAt / 1_000_000_000n}.${nanosecondsOf(message.receivedAt)}`
    case 'j':
      return jsonMessage(message)
    case 'J':
      return embedded(message)
    case 'l':
      return payload.length
    case 'm':
      return message.packetId
    case 'q':
      return message.qos
    case 'r':
      return message.retain ? 1 : 0
    case 't':
      return message.topicName
    case 'x':
    case 'X':
      return hexadecimal(payload, field)
    default:
      return payload
  }
}

function embedded(message: ReceivedMessage): string {
  const text = jsonMessageEmbedded(message)
  if (text === undefined)
    throw new FormatFailure(`the payload on ${message.topicName} is not valid JSON (-F %J): not printed`)
  return text
}

/** The payload as an IEEE 754 number in the byte order of this machine, as mosquitto_sub reads it; nothing at another length. */
function floatOf(payload: Uint8Array, field: Field): string | undefined {
  const length = field.specifier === 'd' ? 8 : 4
  if (payload.length !== length) return undefined
  const view = new DataView(payload.buffer, payload.byteOffset, length)
  const value = length === 8 ? view.getFloat64(0, littleEndian) : view.getFloat32(0, littleEndian)
  return field.precision >= 0 ? value.toFixed(Math.min(field.precision, 100)) : value.toFixed(6)
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

function hexadecimal(payload: Uint8Array, { specifier, precision, separator }: Field): string {
  const lower = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('hex')
  const text = specifier === 'X' ? lower.toUpperCase() : lower
  if (precision <= 0 || separator === '') return text
  return text.replaceAll(new RegExp(`.{${precision}}(?=.)`, 'g'), (group) => group + separator)
}

/** Fields that have a width; the others ignore it, as in mosquitto_sub. */
const PADDED = 'ACdEFfIlmpRStxX'

function pad(bytes: Uint8Array, { specifier, width, left, zero }: Field): Uint8Array {
  if (width === 0 || !PADDED.includes(specifier)) return bytes
  const missing = width - characterCount(bytes)
  if (missing <= 0) return bytes
  const filling = utf8((zero && !left ? '0' : ' ').repeat(missing))
  return concatenate(left ? [bytes, filling] : [filling, bytes])
}

/** UTF-8 text counts characters, so that columns align; other bytes count as they are. */
function characterCount(bytes: Uint8Array): number {
  let continuation = 0
  for (const byte of bytes) if ((byte & 0xc0) === 0x80) continuation++
  return bytes.length - continuation
}

function constant(text: string): FormatPart {
  const bytes = utf8(text)
  return () => bytes
}

const encoder = new TextEncoder()

function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
}
