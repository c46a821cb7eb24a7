import { HOST } from './loopback.ts'

/** A request for an upgrade as text, right in all that is not given. `undefined` leaves a header out. */
export const requestText = (headers: Readonly<Record<string, string | undefined>>, path = '/mqtt'): string => {
  const all: Record<string, string | undefined> = {
    Host: HOST,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': 'mqtt',
    ...headers,
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
  return [`GET ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n')
}
