import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { ClientOptions } from '@godwit/mqtt-client'
import { topicAliases } from '@godwit/mqtt-client/aliases'
import { Option, type Command } from 'commander'
import { CliError, usageError } from '../cli-error.ts'
import { dialectHint } from './dialects.ts'
import { parseProperties, type PropertyOptions } from './properties.ts'
import { resolveTarget } from './target.ts'
import { checkTopicName } from './topics.ts'
import { parseInteger, parseQos, parseSeconds, parseSessionExpiry, parseVersion } from './values.ts'

/** The options that `sub` and `pub` share, as they were typed. */
export interface ConnectionFlags {
  host?: string
  port?: string
  url?: string
  protocol?: string
  protocolVersion?: string
  id?: string
  idPrefix?: string
  username?: string
  password?: string
  passwordFile?: string
  disableCleanSession?: boolean
  sessionExpiryInterval?: string
  keepalive?: string
  maxInflight?: string
  cafile?: string
  cert?: string
  key?: string
  insecure?: boolean
  willTopic?: string
  willPayload?: string
  willQos?: string
  willRetain?: boolean
  property: string[]
  timeout?: string
  debug?: boolean
  quiet?: boolean
}

export interface ConnectionSettings {
  readonly url: string
  readonly address: string
  readonly clientOptions: ClientOptions
  readonly properties: PropertyOptions
  /** The Session outlives the connection: ending in order must not unsubscribe. */
  readonly keepsSession: boolean
  readonly maximumInFlight: number
  /** `-W` */
  readonly timeoutSeconds: number | undefined
  readonly debug: boolean
  readonly quiet: boolean
  /** From the path of `-L mqtt://host/topic`. */
  readonly topic: string | undefined
}

const DEFAULT_IN_FLIGHT = 20
/** A Remaining Length of 268,435,455 and the five bytes before it. */
const LARGEST_PACKET_BYTES = 268_435_460

export const collect = (value: string, previous: string[] | undefined): string[] => [...(previous ?? []), value]

export function addConnectionOptions(command: Command): Command {
  command
    .optionsGroup('Connection:')
    .option('-h, --host <host>', 'host name or address (default: localhost)')
    .option('-p, --port <port>', 'default: 1883, 8883 with TLS; 8883 means TLS')
    .option('-L, --url <url>', 'mqtt[s]://[user[:password]@]host[:port][/topic], ws[s]://host[:port][/path]')
    .option('--protocol <name>', 'mqtt, mqtts, ws or wss')
    .option('-V, --protocol-version <version>', '31, 311 or 5 (default: 5, and 311 where the server refuses 5)')
    .option('-i, --id <clientId>', 'Client Identifier (default: a random one)')
    .option('-I, --id-prefix <prefix>', 'Client Identifier = prefix and process number')
    .option('-k, --keepalive <seconds>', 'Keep Alive, 0: off (default: 60)')
    .option('-c, --disable-clean-session', 'keep the Session when the connection ends; needs -i')
    .option('-x, --session-expiry-interval <seconds>', 'how long the server keeps the Session, -1: for ever (5.0)')
    .option('-M, --max-inflight <count>', 'unacknowledged messages at a time (default: 20)')
    .option('-W, --timeout <seconds>', 'end after this time, with exit code 27')
    .optionsGroup('Who you are:')
    .option('-u, --username <name>', 'User Name')
    .option(
      '-P, --password <password>',
      'seen by everyone who lists processes: rather --password-file or MQTT_PASSWORD',
    )
    .option('--password-file <file>', 'the password is the first line of this file')
    .optionsGroup('TLS:')
    .option('--cafile <file>', 'certificates to trust, PEM')
    .option('--cert <file>', 'own certificate, PEM')
    .option('--key <file>', 'own private key, PEM')
    .option('--insecure', 'do not verify the server: anybody can pose as it')
    .optionsGroup('Will, published by the server when this connection breaks:')
    .option('--will-topic <topic>', 'Topic Name')
    .option('--will-payload <text>', 'default: empty')
    .option('--will-qos <qos>', '0, 1 or 2')
    .option('--will-retain', 'retain it')
    .optionsGroup('Other:')
    .option('-d, --debug', 'tell on standard error what the connection does')
    .option('--quiet', 'no warnings on standard error')
  command.addOption(
    new Option('-D, --property <packet property [name] value>', 'an MQTT 5.0 property; repeatable')
      .argParser(collect)
      .default([], 'none'),
  )
  return command
}

/**
 * Flags win over MQTT_URL and MQTT_PASSWORD.
 *
 * @throws CliError usage error, also for a file that cannot be read
 */
export function resolveConnection(
  flags: ConnectionFlags,
  environment: Readonly<Record<string, string | undefined>>,
  packets: readonly (keyof PropertyOptions)[],
): ConnectionSettings {
  const tls = tlsOptions(flags)
  const target = resolveTarget({ ...flags, tls: tls !== undefined }, environment['MQTT_URL'])
  const version = flags.protocolVersion === undefined ? undefined : parseVersion('-V', flags.protocolVersion)
  const properties = parseProperties(flags.property, packets)
  if (version !== undefined && version < 5) {
    const flag = flags.property.length > 0 ? '-D' : flags.sessionExpiryInterval === undefined ? undefined : '-x'
    if (flag !== undefined)
      throw usageError(`${flag} needs MQTT 5.0`, `leave out ${flag}, or -V ${flags.protocolVersion}`)
  }
  const keeps = flags.disableCleanSession === true
  if (keeps && (flags.id === undefined || flags.id === '')) {
    throw usageError(
      '-c keeps a Session, and a Session belongs to a Client Identifier',
      'add -i and a name of your choice',
    )
  }
  const expiry =
    flags.sessionExpiryInterval === undefined
      ? (properties.connect.sessionExpiryIntervalSeconds ?? (keeps ? 'never' : undefined))
      : parseSessionExpiry('-x', flags.sessionExpiryInterval)
  const maximumInFlight = flags.maxInflight === undefined ? undefined : parseInFlight(flags.maxInflight)
  const { topicAliasMaximum, ...connectProperties } = properties.connect
  return {
    url: target.url,
    address: target.address,
    clientOptions: {
      ...connectProperties,
      topicAliases: topicAliases(topicAliasMaximum),
      version: version ?? 'auto',
      clientId: clientIdOf(flags),
      username: flags.username ?? target.username,
      password: passwordOf(flags, environment, target.password),
      keepAliveSeconds: flags.keepalive === undefined ? 60 : parseInteger('-k', flags.keepalive, 0, 65_535, 'seconds'),
      cleanStart: !keeps,
      sessionExpiryIntervalSeconds: expiry,
      sendMaximum: maximumInFlight ?? DEFAULT_IN_FLIGHT,
      receiveMaximum: properties.connect.receiveMaximum ?? maximumInFlight,
      // Whatever the server sends is to be printed; a library is more careful.
      maximumPacketSizeBytes: properties.connect.maximumPacketSizeBytes ?? LARGEST_PACKET_BYTES,
      will: willOf(flags, properties),
      tls,
    },
    properties,
    keepsSession: keeps || (expiry !== undefined && expiry !== 0),
    maximumInFlight: maximumInFlight ?? DEFAULT_IN_FLIGHT,
    timeoutSeconds: flags.timeout === undefined ? undefined : parseSeconds('-W', flags.timeout),
    debug: flags.debug === true,
    quiet: flags.quiet === true,
    topic: target.topic,
  }
}

/** The content of a file that an option names. */
export function readNamedFile(flag: string, path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const reason = FILE_FAULTS[code] ?? `cannot be read (${code})`
    throw new CliError('USAGE', 2, `${flag}: '${path}' ${reason}`, dialectHint(flag, path), error)
  }
}

const FILE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by you',
  EISDIR: 'is a directory',
}

function parseInFlight(text: string): number {
  const hint = dialectHint('-M', text)
  if (hint !== undefined) throw usageError(`-M takes a number of messages, not '${text}'`, hint)
  return parseInteger('-M', text, 1, 65_535)
}

function clientIdOf(flags: ConnectionFlags): string | undefined {
  if (flags.id !== undefined && flags.idPrefix !== undefined) throw usageError('-i and -I exclude each other')
  if (flags.idPrefix !== undefined) return `${flags.idPrefix}${process.pid}-${hostname().slice(0, 8)}`
  return flags.id
}

function passwordOf(
  flags: ConnectionFlags,
  environment: Readonly<Record<string, string | undefined>>,
  ofUrl: string | undefined,
): string | Uint8Array | undefined {
  if (flags.password !== undefined && flags.passwordFile !== undefined) {
    throw usageError('-P and --password-file exclude each other')
  }
  if (flags.passwordFile === undefined) return flags.password ?? ofUrl ?? environment['MQTT_PASSWORD']
  const content = readNamedFile('--password-file', flags.passwordFile)
  const end = content.findIndex((byte) => byte === 0x0a || byte === 0x0d)
  return end < 0 ? content : content.subarray(0, end)
}

function tlsOptions(flags: ConnectionFlags): ClientOptions['tls'] {
  const { cafile, cert, key, insecure } = flags
  if (cafile === undefined && cert === undefined && key === undefined && insecure !== true) return undefined
  if ((cert === undefined) !== (key === undefined)) {
    throw usageError(cert === undefined ? '--key needs --cert' : '--cert needs --key', 'a client certificate has both')
  }
  return {
    ...(cafile === undefined ? {} : { ca: readNamedFile('--cafile', cafile) }),
    ...(cert === undefined ? {} : { cert: readNamedFile('--cert', cert) }),
    ...(key === undefined ? {} : { key: readNamedFile('--key', key) }),
    ...(insecure === true ? { rejectUnauthorized: false } : {}),
  }
}

function willOf(flags: ConnectionFlags, properties: PropertyOptions): ClientOptions['will'] {
  const { willTopic, willPayload, willQos, willRetain } = flags
  if (willTopic === undefined) {
    const needs =
      willPayload !== undefined ||
      willQos !== undefined ||
      willRetain === true ||
      Object.keys(properties.will).length > 0
    if (needs) throw usageError('a Will needs a topic', 'add --will-topic')
    return undefined
  }
  return {
    ...properties.will,
    topicName: checkTopicName('--will-topic', willTopic),
    payload: willPayload ?? '',
    qos: willQos === undefined ? 0 : parseQos('--will-qos', willQos),
    retain: willRetain === true,
  }
}
