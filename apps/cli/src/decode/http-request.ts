import type { PublishPacket } from '@godwit/mqtt-codec'
import { utf8Text } from '../output/json-message.ts'

/** The same Application Message as the smallest HTTP/1.1 request that carries it. */
export interface HttpRequest {
  /** Request line and header fields, without the line breaks. */
  readonly head: readonly string[]
  readonly payload: Uint8Array
  /** All of it, with every CR LF. */
  readonly lengthBytes: number
}

/** The smallest answer that says that it worked; a server in the field sends more (Date alone is 37 bytes). */
export const SMALLEST_ANSWER = 'HTTP/1.1 204 No Content\r\n\r\n'

/**
 * POST to a path made of the Topic Name, with the fields that a server needs: Host, and for a payload its type and length. Content Type and
 * User Properties of the message become header fields, since they say the same there.
 */
export function httpRequest({
  topicName,
  payload,
  properties,
}: Pick<PublishPacket, 'topicName' | 'payload' | 'properties'>): HttpRequest {
  const path = topicName.split('/').map(encodeURIComponent).join('/')
  const type = properties?.contentType ?? (utf8Text(payload) === undefined ? 'application/octet-stream' : 'text/plain')
  const head = [
    `POST /${path} HTTP/1.1`,
    'Host: localhost',
    ...(payload.length === 0 ? [] : [`Content-Type: ${fieldValue(type)}`]),
    `Content-Length: ${payload.length}`,
    ...(properties?.userProperties ?? []).map(([name, value]) => `${fieldName(name)}: ${fieldValue(value)}`),
  ]
  const headBytes = new TextEncoder().encode(head.map((line) => `${line}\r\n`).join('')).length
  return { head, payload, lengthBytes: headBytes + 2 + payload.length }
}

/** RFC 9110 §5.6.2: a token. What is none is percent-encoded, as HTTP could carry it. */
function fieldName(name: string): string {
  return name === '' ? '-' : name.replaceAll(/[^!#$%&'*+\-.^_`|~0-9A-Za-z]/gu, encodeURIComponent)
}

function fieldValue(value: string): string {
  return value.replaceAll(/[^\t\x20-\x7e]/gu, encodeURIComponent)
}
