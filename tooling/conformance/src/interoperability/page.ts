import { CLIENTS, QUALITIES, TRANSPORTS, VERSIONS } from './cells.ts'

/** The page of the docs: a row for each client and version, a column for each transport. A test writes it and compares it. */
export const interoperabilityPage = (): string => `# Interoperability

Which clients of others were tried against a \`godwit\` process, at which QoS and over which transport. Each number stands for
a test of \`tooling/conformance/src/interoperability.test.ts\`, which writes this page: the client connects in that version,
subscribes and publishes at that QoS, and must get every message once, in order and unchanged, at the QoS with which it was sent;
in 5.0 with its User Property. TLS is with a certificate that the client verifies. A dash: the client has no such transport.

${table([
  ['client', 'version', ...TRANSPORTS.map((transport) => `QoS over ${transport}`)],
  ...Object.values(CLIENTS).flatMap(({ name, origin, transports }) =>
    VERSIONS.map((version) => [
      `${name} (${origin})`,
      version,
      ...TRANSPORTS.map((transport) =>
        (transports as readonly string[]).includes(transport) ? QUALITIES.join(', ') : '-',
      ),
    ]),
  ),
])}

Paho for C 1.3.12 reads the second of two packets in one WebSocket frame only when more bytes come. MQTT lets a sender put packets
and frames together as it likes [MQTT-6.0.0-2], and \`godwit\` puts what one turn has for a Client into one write: an acknowledgement
and a message for the same connection can then wait there. Its cells publish and subscribe by two connections, a message at a time.

The run in CI is on Debian 12: mosquitto-clients 2.0.11, Paho for Python 1.6.1, Paho for C 1.3.12; MQTT.js is 5.16.0. Sessions,
Wills, retained messages and Shared Subscriptions are tried with these clients by the other tests of \`tooling/conformance\`, and
our client by those beside it.
`

/** As the formatter would align it. */
const table = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const text = (cells: readonly string[]): string =>
    `| ${cells.map((each, column) => each.padEnd(widths[column]!)).join(' | ')} |`
  const [head, ...body] = rows
  return [text(head!), text(widths.map((width) => '-'.repeat(width))), ...body.map(text)].join('\n')
}
