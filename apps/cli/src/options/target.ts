import { isIPv6 } from 'node:net'
import { usageError } from '../cli-error.ts'
import { looksLikeProtocol } from './dialects.ts'
import { parsePort } from './values.ts'

export interface TargetFlags {
  readonly host?: string | undefined
  readonly port?: string | undefined
  readonly url?: string | undefined
  readonly protocol?: string | undefined
  /** `--cafile`, `--cert`, `--key` or `--insecure` was given: then it is TLS. */
  readonly tls: boolean
}

export interface Target {
  /** Without user name and password. */
  readonly url: string
  /** Host and port, for messages. */
  readonly address: string
  readonly username: string | undefined
  readonly password: string | undefined
  /** The path of an `mqtt://` URL: a topic, as in Mosquitto. */
  readonly topic: string | undefined
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 }
const SECURE: Readonly<Record<string, string>> = { mqtt: 'mqtts', ws: 'wss' }

/**
 * Where to connect: `-L`, or `-h`, `-p` and `--protocol` over what MQTT_URL says, or localhost. Port 8883 means TLS.
 *
 * @throws CliError usage error
 */
export function resolveTarget(flags: TargetFlags, environmentUrl: string | undefined): Target {
  if (
    flags.url !== undefined &&
    (flags.host !== undefined || flags.port !== undefined || flags.protocol !== undefined)
  ) {
    throw usageError('-L names the host, port and protocol already', 'leave out -h, -p and --protocol, or leave out -L')
  }
  const base = flags.url ?? (environmentUrl === '' ? undefined : environmentUrl)
  const parsed = base === undefined ? undefined : parseUrl(flags.url === undefined ? 'MQTT_URL' : '-L', base)
  const host = flags.host === undefined ? (parsed?.host ?? 'localhost') : checkHost(flags.host)
  const givenPort = flags.port === undefined ? undefined : parsePort('-p', flags.port)
  // A host of its own takes nothing of MQTT_URL: not its port, and above all not its password.
  const inherited = flags.host === undefined ? parsed : undefined
  const asked = flags.protocol === undefined ? (inherited?.scheme ?? 'mqtt') : checkProtocol(flags.protocol)
  const wantsTls = flags.tls || (givenPort === 8883 && flags.protocol === undefined && inherited === undefined)
  const scheme = wantsTls ? (SECURE[asked] ?? asked) : asked
  const port = givenPort ?? inherited?.port ?? DEFAULT_PORTS[scheme] ?? 1883
  const isWebSocket = scheme.startsWith('ws')
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`
  const path = inherited?.path ?? ''
  return {
    url: `${scheme}://${authority}${isWebSocket ? (path === '' || path === '/' ? '/mqtt' : path) : ''}`,
    address: authority,
    username: inherited?.username,
    password: inherited?.password,
    topic: isWebSocket || path.length < 2 ? undefined : decode(path.slice(1)),
  }
}

interface ParsedUrl {
  readonly scheme: string
  readonly host: string
  readonly port: number | undefined
  readonly path: string
  readonly username: string | undefined
  readonly password: string | undefined
}

function parseUrl(flag: string, text: string): ParsedUrl {
  const example = 'for example mqtt://host:1883, mqtts://user@host, ws://host:9001/mqtt'
  const match = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(text)
  // The message never repeats the URL: it may hold a password.
  if (match === null) throw usageError(`${flag} is not a URL`, example)
  const scheme = (match[1] ?? '').toLowerCase()
  if (!(scheme in DEFAULT_PORTS))
    throw usageError(`${flag}: no protocol '${scheme}'`, `there are mqtt, mqtts, ws and wss; ${example}`)
  let url: URL
  try {
    // By a scheme that the URL standard knows, so that host and port are checked.
    url = new URL(`${scheme.startsWith('ws') ? scheme : 'http'}://${match[2]}`)
  } catch {
    throw usageError(`${flag}: its host or port is not valid`, example)
  }
  // The standard drops a scheme's own port (80 of http): read it from the text.
  const port = /:(\d+)$/.exec((match[2] ?? '').split(/[/?#]/)[0] ?? '')?.[1]
  return {
    scheme,
    host: checkHost(url.hostname.replace(/^\[(.*)\]$/, '$1')),
    port: port === undefined ? undefined : parsePort(flag, port),
    // A topic may contain `#`, which is no fragment here; a WebSocket path has its query.
    path: scheme.startsWith('ws') ? url.pathname + url.search : (/^[^/]*(\/.*)?$/.exec(match[2] ?? '')?.[1] ?? ''),
    username: url.username === '' ? undefined : decode(url.username),
    password: url.password === '' ? undefined : decode(url.password),
  }
}

function checkHost(host: string): string {
  if (host === '') throw usageError('the host is empty', 'say where the server is: -h localhost')
  if (host.includes('://')) throw usageError(`-h takes a host, not a URL: '${host}'`, 'for a URL: -L')
  const withPort = /^([^:]+|\[.*\]):(\d+)$/.exec(host)
  if (withPort !== null)
    throw usageError(`-h takes a host without a port: '${host}'`, `write -h ${withPort[1]} -p ${withPort[2]}`)
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (!isIPv6(bare) && !/^[^\s/:?#@[\]\\%]+$/.test(bare)) throw usageError(`'${host}' is not a host name`)
  return bare
}

function checkProtocol(text: string): string {
  const protocol = text.toLowerCase()
  if (protocol === 'tcp') return 'mqtt'
  if (protocol === 'ssl' || protocol === 'tls') return 'mqtts'
  if (protocol in DEFAULT_PORTS && looksLikeProtocol(protocol)) return protocol
  throw usageError(`--protocol takes mqtt, mqtts, ws or wss, not '${text}'`)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
