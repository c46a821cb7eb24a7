import { isIP } from 'node:net'
import { Command, CommanderError } from 'commander'
import type { Limits } from '@godwit/mqtt-broker'
import { EXIT, StartFailure } from './exit-codes.ts'
import { parseLimits } from './limits.ts'
import { VERSION } from './version.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What the command line asked for. */
export interface Settings {
  readonly host: string
  readonly port: number
  /** undefined: off. */
  readonly wsPort: number | undefined
  readonly tls:
    | {
        readonly port: number
        readonly cert: string
        readonly key: string
        readonly ca?: string
        readonly requireCertificate: boolean
      }
    | undefined
  readonly limits: Partial<Limits>
  readonly logLevel: LogLevel
}

interface Given {
  port: string
  host: string
  wsPort: string
  tlsPort?: string
  cert?: string
  key?: string
  ca?: string
  requireCertificate?: boolean
  allowAnonymous?: boolean
  limit: string[]
  logLevel: string
}

const EXIT_HELP = `
Exit codes: 0 ended in order, 2 wrong use, 3 a file that cannot be used, 4 an address that cannot be listened at, 70 a crash.`

/** Reads the arguments; `undefined` where only help or the version was wanted and has been printed. */
export const parseOptions = (argv: readonly string[]): Settings | undefined => {
  const command = new Command('godwit')
    .description('An MQTT 3.1, 3.1.1 and 5.0 broker.')
    .version(`godwit ${VERSION}`, '--version')
    .option('--port <port>', 'TCP port; 0 takes a free one', '1883')
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .option('--ws-port <port|off>', 'WebSocket port, path /mqtt', '9001')
    .option('--tls-port <port>', 'TLS port; needs --cert and --key')
    .option('--cert <file>', 'certificate chain of the TLS port, PEM')
    .option('--key <file>', 'private key of the TLS port, PEM')
    .option('--ca <file>', 'authorities of Client certificates, PEM')
    .option('--require-certificate', 'refuse TLS Clients without a certificate of --ca')
    .option('--allow-anonymous', 'let everybody in on an address other than loopback')
    .option(
      '--limit <name=value>',
      'set a limit; may be repeated',
      (value: string, before: string[]) => [...before, value],
      [],
    )
    .option('--log-level <level>', LOG_LEVELS.join(', '), 'info')
    .addHelpText('after', EXIT_HELP)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  try {
    command.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return undefined
    throw new StartFailure(
      EXIT.usage,
      `${error.message.replace(/^error: /, '').replaceAll('\n', ' ')} (godwit --help shows every option)`,
    )
  }
  return settingsOf(command.opts<Given>())
}

const settingsOf = (given: Given): Settings => {
  const { host, logLevel, allowAnonymous = false } = given
  if (!LOG_LEVELS.includes(logLevel as LogLevel)) {
    throw new StartFailure(EXIT.usage, `--log-level: "${logLevel}" is none of ${LOG_LEVELS.join(', ')}`)
  }
  if (!isLoopback(host) && !allowAnonymous) {
    throw new StartFailure(
      EXIT.usage,
      `--host ${host} is open to others and nobody would have to log in: add --allow-anonymous if that is meant`,
    )
  }
  return {
    host,
    port: parsePort('--port', given.port),
    wsPort: given.wsPort === 'off' ? undefined : parsePort('--ws-port', given.wsPort),
    tls: tlsOf(given),
    limits: parseLimits(given.limit),
    logLevel: logLevel as LogLevel,
  }
}

const tlsOf = ({ tlsPort, cert, key, ca, requireCertificate = false }: Given): Settings['tls'] => {
  if (tlsPort === undefined) {
    if ((cert ?? key ?? ca) === undefined && !requireCertificate) return undefined
    throw new StartFailure(EXIT.usage, '--cert, --key, --ca and --require-certificate need --tls-port')
  }
  if (cert === undefined || key === undefined) throw new StartFailure(EXIT.usage, '--tls-port needs --cert and --key')
  if (requireCertificate && ca === undefined) throw new StartFailure(EXIT.usage, '--require-certificate needs --ca')
  return { port: parsePort('--tls-port', tlsPort), cert, key, requireCertificate, ...(ca !== undefined && { ca }) }
}

const parsePort = (option: string, text: string): number => {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new StartFailure(EXIT.usage, `${option}: "${text}" is not a port; a port is a number from 0 to 65535`)
  }
  return port
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
