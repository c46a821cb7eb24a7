import { dateOf, nanosecondsOf, strftime, type Moment } from './strftime.ts'
import type { ReceivedMessage } from './received-message.ts'

/**
 * One line of JSON with mosquitto_sub's keys (`%j`). A payload or Correlation Data that is not UTF-8 text is null there, and stands in
 * `payload_b64` (`correlation-data_b64`) as Base64: nothing is lost, NUL bytes included.
 */
export function jsonMessage(message: ReceivedMessage): string {
  return line(message, textField('payload', message.payload))
}

/** The same with the payload embedded as the JSON that it is (`%J`); undefined when it is not valid JSON. */
export function jsonMessageEmbedded(message: ReceivedMessage): string | undefined {
  if (message.payload.length === 0) return line(message, '"payload":null')
  const text = utf8Text(message.payload)
  if (text === undefined) return undefined
  try {
    JSON.parse(text)
  } catch {
    return undefined
  }
  // The text itself and not what was parsed: a long number keeps its digits. Line breaks can only stand between tokens there.
  return line(message, `"payload":${text.trim().replaceAll(/[\r\n]/g, ' ')}`)
}

/** `2024-05-06T22:12:00.000000+0200` */
export function isoTimestamp(moment: Moment): string {
  const date = dateOf(moment)
  return `${strftime('F', date)}T${strftime('T', date)}.${nanosecondsOf(moment).slice(0, 6)}${strftime('z', date)}`
}

function line(message: ReceivedMessage, payload: string): string {
  const { packetId } = message
  const properties = propertyFields(message)
  const fields = [
    field('tst', isoTimestamp(message.receivedAt)),
    field('topic', message.topicName),
    field('qos', message.qos),
    field('retain', message.retain ? 1 : 0),
    field('payloadlen', message.payload.length),
    ...(message.qos > 0 && packetId !== undefined ? [field('mid', packetId)] : []),
    ...(properties.length > 0 ? [`"properties":{${properties.join(',')}}`] : []),
    payload,
  ]
  return `{${fields.join(',')}}`
}

function propertyFields({ properties }: ReceivedMessage): string[] {
  const fields: string[] = []
  const add = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) fields.push(field(name, value))
  }
  add('topic-alias', properties.topicAlias)
  add('content-type', properties.contentType)
  if (properties.correlationData !== undefined) fields.push(textField('correlation-data', properties.correlationData))
  add('message-expiry-interval', properties.messageExpiryIntervalSeconds)
  add('payload-format-indicator', properties.payloadFormatIndicator)
  add('response-topic', properties.responseTopic)
  const identifiers = properties.subscriptionIdentifiers ?? []
  // Mosquitto prints one; with overlapping subscriptions there are several, and then it is an array.
  if (identifiers.length > 1) fields.push(`"subscription-identifier":${JSON.stringify(identifiers)}`)
  else add('subscription-identifier', identifiers[0])
  const users = properties.userProperties ?? []
  if (users.length > 0) {
    fields.push(`"user-properties":[${users.map(([name, value]) => `{${field(name, value)}}`).join(',')}]`)
  }
  return fields
}

function field(name: string, value: string | number): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`
}

function textField(name: string, bytes: Uint8Array): string {
  if (bytes.length === 0) return `"${name}":null`
  const text = utf8Text(bytes)
  return text === undefined
    ? `"${name}":null,"${name}_b64":${JSON.stringify(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'))}`
    : field(name, text)
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}
