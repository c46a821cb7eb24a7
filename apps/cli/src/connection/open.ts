import { createClient, type Client, type ReconnectOptions } from '@godwit/mqtt-client'
import type { Packet } from '@godwit/mqtt-codec'
import type { ConnectionSettings } from '../options/connection-options.ts'
import { versionName } from '../options/values.ts'
import { report, type Terminal } from '../terminal.ts'
import { explainFailure } from './failure.ts'

/** A client that is not connected yet, so that handlers are in place before CONNECT: a resumed Session's messages come right behind CONNACK. */
export interface Connection {
  readonly client: Client
  /** Resolves at CONNACK. */
  connect(): Promise<void>
  /** An error of the client as a CliError. */
  explain(error: unknown): unknown
  /** With `-d`: a line on standard error. */
  debug(text: string): void
  /** A line on standard error, unless `--quiet`. */
  warn(text: string): void
}

export interface OpenOptions {
  readonly reconnect: false | ReconnectOptions
  readonly onPacket?: ((direction: 'sent' | 'received', packet: Packet) => void) | undefined
}

export function openConnection(settings: ConnectionSettings, terminal: Terminal, options: OpenOptions): Connection {
  let protocolVersion = 5
  let firstVersion: number | undefined
  const debug = (text: string): void => {
    if (settings.debug) report(terminal, text)
  }
  const warn = (text: string): void => {
    if (!settings.quiet) report(terminal, text)
  }
  const client = createClient(settings.url, {
    ...settings.clientOptions,
    reconnect: options.reconnect,
    onPacket: (direction, packet) => {
      if (packet.type === 'connect') {
        protocolVersion = packet.protocolVersion
        firstVersion ??= protocolVersion
      }
      if (settings.debug) debug(`${direction === 'sent' ? '->' : '<-'} ${describe(packet)}`)
      options.onPacket?.(direction, packet)
    },
  })
  const explain = (error: unknown): unknown => explainFailure(error, { address: settings.address, protocolVersion })
  return {
    client,
    explain,
    debug,
    warn,
    connect: async () => {
      debug(`connecting to ${settings.url}`)
      try {
        await client.connect()
      } catch (error) {
        throw explain(error)
      }
      if (firstVersion === 5 && protocolVersion < 5) {
        warn(
          `${settings.address} does not know MQTT 5.0; this is ${versionName(protocolVersion)} (-V 311 says so at once)`,
        )
      }
      debug(`connected as ${client.server?.clientId ?? client.clientId}, MQTT ${versionName(protocolVersion)}`)
    },
  }
}

function describe(packet: Packet): string {
  const name = packet.type.toUpperCase()
  switch (packet.type) {
    case 'publish':
      return `${name} ${packet.topicName || '(alias)'} QoS ${packet.qos}${packet.retain ? ' RETAIN' : ''}${packet.dup ? ' DUP' : ''}${packet.packetId === undefined ? '' : ` id ${packet.packetId}`}, ${packet.payload.length} bytes`
    case 'subscribe':
      return `${name} id ${packet.packetId}: ${packet.subscriptions.map(({ topicFilter, qos }) => `${topicFilter} (QoS ${qos})`).join(', ')}`
    case 'suback':
    case 'unsuback':
      return `${name} id ${packet.packetId}: ${packet.reasonCodes.map(hexadecimal).join(' ')}`
    default: {
      const id = 'packetId' in packet ? ` id ${packet.packetId}` : ''
      return `${name}${id}${'reasonCode' in packet ? ` ${hexadecimal(packet.reasonCode)}` : ''}`
    }
  }
}

function hexadecimal(code: number): string {
  return `0x${code.toString(16).padStart(2, '0').toUpperCase()}`
}
