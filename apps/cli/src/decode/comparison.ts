import type { PublishPacket } from '@godwit/mqtt-codec'
import type { Palette } from '../output/colour.ts'
import { printable } from '../output/printable.ts'
import { httpRequest, SMALLEST_ANSWER } from './http-request.ts'

/** Bytes of the acknowledgements of a PUBLISH, without Reason Code and properties: PUBACK; PUBREC, PUBREL and PUBCOMP. */
const ACKNOWLEDGEMENT_BYTES = [0, 4, 12] as const

/** The message of a PUBLISH as an HTTP request, and what both cost. */
export function comparison(packet: PublishPacket, packetBytes: number, palette: Palette): string {
  const request = httpRequest(packet)
  const payloadBytes = packet.payload.length
  const overhead = { mqtt: packetBytes - payloadBytes, http: request.lengthBytes - payloadBytes }
  const text = printable(Buffer.from(packet.payload).toString('utf8'))
  const body = payloadBytes === 0 ? [] : [text.length > 64 ? `${text.slice(0, 64)}...` : text]
  const rows: [string, number, number, string][] = [
    ['payload', payloadBytes, payloadBytes, ''],
    ['everything else', overhead.mqtt, overhead.http, `HTTP has ${times(overhead.http, overhead.mqtt)}`],
    ['sent', packetBytes, request.lengthBytes, `HTTP sends ${times(request.lengthBytes, packetBytes)}`],
    ['answer, at least', ACKNOWLEDGEMENT_BYTES[packet.qos], SMALLEST_ANSWER.length, ANSWERS[packet.qos]],
  ]
  const width = Math.max(4, ...rows.flatMap(([, mqtt, http]) => [String(mqtt).length, String(http).length]))
  const line = (name: string, mqtt: string, http: string, note: string): string =>
    `  ${name.padEnd(18)}${mqtt.padStart(width)}  ${http.padStart(width)}${note === '' ? '' : `  ${palette.faint(note)}`}\n`
  return [
    `${palette.heading('The same message as an HTTP/1.1 request')}\n\n`,
    ...[...request.head, '', ...body].map((each) => (each === '' ? '\n' : `  ${palette.name(each)}\n`)),
    '\n',
    line(palette.faint('bytes'.padEnd(18)), 'MQTT', 'HTTP', ''),
    ...rows.map(([name, mqtt, http, note]) => line(name, String(mqtt), String(http), note)),
    '\n',
    palette.faint(COUNTED),
  ].join('')
}

const ANSWERS = [
  'none at QoS 0; HTTP: 204 No Content',
  'PUBACK; HTTP: 204 No Content',
  'PUBREC, PUBREL, PUBCOMP; HTTP: 204 No Content',
] as const

const COUNTED = `  Counted: this packet, and the smallest request that a server accepts, CR LF included. User Properties and
  Content Type become header fields. Not counted: TCP, TLS, and MQTT's CONNECT, sent once for a connection.
  A browser adds several hundred bytes of header fields to a request of its own.
`

function times(larger: number, smaller: number): string {
  return smaller === 0 ? 'all of it' : `${(larger / smaller).toFixed(1)} times as much`
}
