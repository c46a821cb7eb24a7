import { isIP } from 'node:net'
import { Command, CommanderError } from 'commander'
import { exitCodesText, StartFailure } from './exit-codes.ts'
import { type GivenLimits, parseLimits } from './limits.ts'
import { VERSION } from './version.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What the command line asked for. */
export interface Settings {
  readonly host: string
  readonly port: number
  /** undefined: off. */
  readonly wsPort: number | undefined
  readonly tls: TlsSettings | undefined
  readonly login: LoginSettings
  /** undefined: Sessions and messages are to end with the process. */
  readonly persistence: PersistenceSettings | undefined
  readonly limits: GivenLimits
  readonly logLevel: LogLevel
}

export const DURABILITIES = ['fsync', 'process', 'none'] as const

/** Where Sessions and messages are kept, and what they survive. */
export interface PersistenceSettings {
  readonly directory: string
  readonly durability: 'fsync' | 'process'
  /** Moves damaged files aside and starts without them. */
  readonly quarantine: boolean
}

export interface TlsSettings {
  readonly port: number
  readonly cert: string
  readonly key: string
  readonly ca?: string
  readonly requireCertificate: boolean
}

/** Who may do what. Files by their names. */
export interface LoginSettings {
  readonly passwordFile?: string
  readonly aclFile?: string
  /** Lets Clients in without a User Name although there are passwords, or although others reach the address. */
  readonly allowAnonymous: boolean
}

/** What commander gives. */
interface Given {
  port: string
  host: string
  wsPort: string
  tlsPort?: string
  cert?: string
  key?: string
  ca?: string
  requireCertificate?: boolean
  passwordFile?: string
  aclFile?: string
  allowAnonymous?: boolean
  dataDir: string
  persistence: boolean
  durability?: string
  quarantine?: boolean
  limit: string[]
  logLevel: string
}

/** Reads the arguments; `undefined` where only help or the version was wanted and has been printed. */
export const parseOptions = (argv: readonly string[]): Settings | undefined => {
  const command = describeCommand()
  try {
    command.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return undefined
    throw new StartFailure('usage', `${error.message.replace(/^error: /, '')} (godwit --help shows every option)`)
  }
  return settingsOf(command.opts<Given>())
}

/** The options, as commander knows them. */
export const describeCommand = (): Command =>
  new Command('godwit')
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
    .option('--password-file <file>', 'User Names and passwords, as mosquitto_passwd writes them')
    .option('--acl-file <file>', "who may publish and receive what, in Mosquitto's format")
    .option('--allow-anonymous', 'let Clients in without a User Name, also on an address other than loopback')
    .option('--data-dir <directory>', 'where Sessions and messages are kept', './godwit-data')
    .option('--no-persistence', 'keep Sessions and messages in memory only; they end with the process')
    .option('--durability <level>', `what an acknowledgement waits for: ${DURABILITIES.join(', ')} (default: fsync)`)
    .option('--quarantine', 'move damaged files of the data directory aside and start without them')
    .option(
      '--limit <name=value>',
      'set a limit; may be repeated',
      (value: string, before: string[]) => [...before, value],
      [],
    )
    .option('--log-level <level>', LOG_LEVELS.join(', '), 'info')
    .addHelpText('after', `\nSIGHUP reads the password and the ACL file again.\n\nExit codes:\n${exitCodesText()}`)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })

const settingsOf = (given: Given): Settings => {
  const { host, logLevel } = given
  if (!LOG_LEVELS.includes(logLevel as LogLevel)) {
    throw new StartFailure('usage', `--log-level: "${logLevel}" is none of ${LOG_LEVELS.join(', ')}`)
  }
  if (!HOST.test(host) && isIP(host) === 0) {
    throw new StartFailure('usage', `--host: "${host}" is no address; give one of this machine, such as 127.0.0.1`)
  }
  return {
    host,
    port: parsePort('--port', given.port),
    wsPort: given.wsPort === 'off' ? undefined : parsePort('--ws-port', given.wsPort),
    tls: tlsOf(given),
    login: loginOf(given),
    persistence: persistenceOf(given),
    limits: parseLimits(given.limit),
    logLevel: logLevel as LogLevel,
  }
}

const HOST = /^[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?$/i

const tlsOf = ({ tlsPort, cert, key, ca, requireCertificate = false }: Given): TlsSettings | undefined => {
  if (tlsPort === undefined) {
    if ((cert ?? key ?? ca) === undefined && !requireCertificate) return undefined
    throw new StartFailure('usage', '--cert, --key, --ca and --require-certificate need --tls-port')
  }
  if (cert === undefined || key === undefined) throw new StartFailure('usage', '--tls-port needs --cert and --key')
  if (requireCertificate && ca === undefined) throw new StartFailure('usage', '--require-certificate needs --ca')
  return { port: parsePort('--tls-port', tlsPort), cert, key, requireCertificate, ...(ca !== undefined && { ca }) }
}

const persistenceOf = ({
  dataDir,
  persistence,
  durability = persistence ? 'fsync' : 'none',
  quarantine = false,
}: Given): PersistenceSettings | undefined => {
  if (!isDurability(durability)) {
    throw new StartFailure('usage', `--durability: "${durability}" is none of ${DURABILITIES.join(', ')}`)
  }
  if (!persistence && durability !== 'none') {
    throw new StartFailure('usage', `--no-persistence and --durability ${durability} contradict each other`)
  }
  if (durability !== 'none') return { directory: dataDir, durability, quarantine }
  if (quarantine) throw new StartFailure('usage', '--quarantine needs a data directory, which is not used here')
  return undefined
}

const isDurability = (text: string): text is (typeof DURABILITIES)[number] =>
  (DURABILITIES as readonly string[]).includes(text)

const loginOf = ({ host, passwordFile, aclFile, allowAnonymous = false }: Given): LoginSettings => {
  if (!isLoopback(host) && passwordFile === undefined && !allowAnonymous) {
    throw new StartFailure(
      'openToOthers',
      `--host ${host} is open to others and nobody would have to log in: add --password-file FILE, ` +
        'which "mosquitto_passwd -c FILE NAME" makes, or --allow-anonymous if everybody may come in',
    )
  }
  return {
    allowAnonymous,
    ...(passwordFile !== undefined && { passwordFile }),
    ...(aclFile !== undefined && { aclFile }),
  }
}

const parsePort = (option: string, text: string): number => {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new StartFailure('usage', `${option}: "${text}" is not a port; a port is a number from 0 to 65535`)
  }
  return port
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
