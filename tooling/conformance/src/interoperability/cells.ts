/** What of a client we try, and which Debian package brings it. */
export interface ClientKind {
  readonly name: string
  readonly origin: string
  readonly transports: readonly Transport[]
}

export type Transport = 'TCP' | 'TLS' | 'WebSocket'
export type Version = '3.1.1' | '5.0'
export type Quality = 0 | 1 | 2

export const TRANSPORTS: readonly Transport[] = ['TCP', 'TLS', 'WebSocket']
export const VERSIONS: readonly Version[] = ['3.1.1', '5.0']
export const QUALITIES: readonly Quality[] = [0, 1, 2]

export const CLIENTS = {
  mosquitto: {
    name: 'mosquitto_pub and mosquitto_sub',
    origin: 'Debian, mosquitto-clients',
    // 2.0 has no WebSocket; a test looks whether that is still so.
    transports: ['TCP', 'TLS'],
  },
  pahoPython: { name: 'Paho for Python', origin: 'Debian, python3-paho-mqtt', transports: TRANSPORTS },
  pahoC: { name: 'Paho for C', origin: 'Debian, libpaho-mqtt-dev', transports: TRANSPORTS },
  mqttJs: { name: 'MQTT.js', origin: 'npm, mqtt', transports: TRANSPORTS },
} as const satisfies Record<string, ClientKind>

/** One field of the matrix. */
export interface Cell {
  readonly version: Version
  readonly qos: Quality
  readonly transport: Transport
}

/** The fields that a client has. */
export const cellsOf = ({ transports }: ClientKind): readonly Cell[] =>
  VERSIONS.flatMap((version) =>
    transports.flatMap((transport) => QUALITIES.map((qos): Cell => ({ version, qos, transport }))),
  )

/** A User Property, so that a client that speaks 3.1.1 behind our back is found out. */
export const USER_PROPERTY = ['cell', 'proof'] as const

/** What each cell sends: text beyond ASCII, a character that MQTT does not mind, and more than one TCP segment or WebSocket frame of 16-bit length. */
export const PAYLOADS: readonly string[] = ['hello', 'grüße \u{1F338}', 'long '.repeat(14_000)]

export const topicOf = ({ version, qos, transport }: Cell, client: ClientKind): string =>
  `interoperability/${client.name.replaceAll(' ', '-')}/${version}/${qos}/${transport}`

/** What a client must print for each message that it gets: the QoS that it came with, its User Property, its payload. */
export const expected = ({ version, qos }: Cell): readonly string[] =>
  PAYLOADS.map((payload) => line(qos, version === '5.0' ? USER_PROPERTY.join(':') : '', payload))

export const line = (qos: number, userProperty: string, payload: string): string =>
  `message ${qos} [${userProperty}] ${payload}`

/** The lines about messages among all that a program printed. */
export const messagesIn = (output: string): readonly string[] =>
  output.split('\n').filter((each) => each.startsWith('message '))
