import { reasonCodeName } from '@godwit/mqtt-codec'
import { MqttError } from '@godwit/mqtt-client'
import { CliError } from '../cli-error.ts'
import { ExitCode, exitCodeOfConnack } from '../exit-codes.ts'
import { printable } from '../output/printable.ts'

export interface Circumstances {
  readonly address: string
  /** Of the last CONNECT that was sent. */
  readonly protocolVersion: number
  readonly timeoutSeconds?: number | undefined
}

/** One line that says what is wrong, one that says what to do, and the exit code. What is not the client's error stays as it is. */
export function explainFailure(error: unknown, circumstances: Circumstances): unknown {
  if (!MqttError.isInstance(error)) return error
  const { address, protocolVersion } = circumstances
  const made = (exitCode: number, message: string, hint?: string): CliError =>
    new CliError(error.code, exitCode, message, hint, error)
  const { reasonCode } = error
  switch (error.code) {
    case 'CONNECT_REFUSED':
    case 'AUTHENTICATION_FAILED': {
      const code = reasonCode ?? 0x80
      return made(
        exitCodeOfConnack(code, protocolVersion),
        `${address} refused the connection: ${reason(error)}`,
        CONNECT_HINTS[code],
      )
    }
    case 'SUBSCRIBE_REFUSED':
      return made(reasonCode ?? 0x80, `the server refused the subscription: ${reason(error)}`)
    case 'PUBLISH_REFUSED':
      return made(reasonCode ?? 0x80, `the server refused the message: ${reason(error)}`)
    case 'SERVER_DISCONNECTED': {
      const failed = reasonCode !== undefined && reasonCode >= 0x80
      return made(
        failed ? reasonCode : ExitCode.connectionLost,
        `${address} ended the connection: ${reason(error)}`,
        DISCONNECT_HINTS[reasonCode ?? 0],
      )
    }
    case 'KEEP_ALIVE_TIMEOUT':
      return made(
        ExitCode.keepAlive,
        `${address} stopped answering`,
        'the network or the server hangs; -k sets how soon this is seen',
      )
    case 'MALFORMED_PACKET':
    case 'PROTOCOL_ERROR':
      return made(
        ExitCode.protocol,
        `${address} does not speak MQTT as it should: ${error.message}`,
        'is this the port of an MQTT server? 1883 is MQTT, 8883 MQTT over TLS',
      )
    case 'PACKET_TOO_LARGE':
      return made(reasonCode ?? ExitCode.tooLarge, error.message)
    case 'NOT_SUPPORTED':
      return made(reasonCode ?? ExitCode.notSupported, `${address}: ${error.message}`)
    case 'INVALID_ARGUMENT':
      return made(ExitCode.usage, error.message)
    case 'TIMEOUT':
      return made(ExitCode.timeout, `${address} did not answer in time`, 'is this the port of an MQTT server?')
    default:
      return transportFailure(error, address, made)
  }
}

/** The name of the code, and what the server added in words. */
function reason({ reasonCode, reasonString }: MqttError): string {
  const said = reasonString === undefined ? '' : `, "${printable(reasonString)}"`
  return reasonCode === undefined ? `no reason given${said}` : `${describeReason(reasonCode)}${said}`
}

/** `not authorized (0x87)` */
export function describeReason(reasonCode: number): string {
  const name = spaced(reasonCodeName(reasonCode) ?? 'unknown reason')
  return `${name} (0x${reasonCode.toString(16).padStart(2, '0').toUpperCase()})`
}

/** `BadUserNameOrPassword` and `Bad User Name or Password` read alike in a sentence. */
function spaced(name: string): string {
  return name
    .replaceAll(/([a-z])([A-Z0-9])/g, '$1 $2')
    .toLowerCase()
    .replaceAll(/\bqos\b/g, 'QoS')
}

function transportFailure(
  error: MqttError,
  address: string,
  made: (exitCode: number, message: string, hint?: string) => CliError,
): CliError {
  const said = error.cause instanceof Error ? error.cause.message : error.message
  // Where it was tried to connect stands in our own sentence.
  const text = printable(said.replace(/^cannot connect to \S+: /, ''))
  const codes = codesOf(error)
  switch (
    codes.find((code) => code in TRANSPORT_FAULTS) ??
    (error.phase === 'tls' || codes.some(isCertificateFault) ? 'TLS_FAILED' : '')
  ) {
    case 'CONNECTION_REFUSED':
      return made(ExitCode.unreachable, `nobody listens at ${address}: connection refused`, START_HINT)
    case 'HOST_NOT_FOUND':
    case 'HOST_LOOKUP_FAILED':
      return made(
        ExitCode.unknownHost,
        `unknown host '${address.replace(/:\d+$/, '')}'`,
        'check the spelling of -h, or your name service',
      )
    case 'TLS_FAILED':
    case 'TLS_CONFIGURATION_INVALID':
      return made(ExitCode.tls, `no TLS connection to ${address}: ${text}`, tlsHint(text))
    case 'TIMEOUT':
      return made(ExitCode.timeout, `${address} did not answer in time`, 'is there a firewall in between?')
    case 'WEBSOCKET_REFUSED':
    case 'WEBSOCKET_VIOLATION':
      return made(
        ExitCode.unreachable,
        `no WebSocket to ${address}: ${text}`,
        'is the path right? -L ws://host:port/mqtt',
      )
    case 'HOST_UNREACHABLE':
    case 'ADDRESS_NOT_AVAILABLE':
    case 'PERMISSION_DENIED':
      return made(ExitCode.unreachable, `cannot reach ${address}: ${text}`, START_HINT)
    default: {
      const hint = error.phase === 'connect' ? 'is this the port of an MQTT server, with or without TLS?' : undefined
      return made(ExitCode.connectionLost, `the connection to ${address} was lost: ${text}`, hint)
    }
  }
}

const START_HINT = 'is the server running? -h and -p say where it is'

const TRANSPORT_FAULTS: Readonly<Record<string, true>> = {
  CONNECTION_REFUSED: true,
  HOST_NOT_FOUND: true,
  HOST_LOOKUP_FAILED: true,
  TLS_FAILED: true,
  TLS_CONFIGURATION_INVALID: true,
  TIMEOUT: true,
  WEBSOCKET_REFUSED: true,
  WEBSOCKET_VIOLATION: true,
  HOST_UNREACHABLE: true,
  ADDRESS_NOT_AVAILABLE: true,
  PERMISSION_DENIED: true,
}

/** Of the error and what caused it. */
function codesOf(error: Error): string[] {
  const codes: string[] = []
  for (let each: unknown = error, depth = 0; each instanceof Error && depth < 8; each = each.cause, depth++) {
    if ('code' in each) codes.push(String(each.code))
  }
  return codes
}

/** OpenSSL's words for a certificate, which a WebSocket's own error hides. */
function isCertificateFault(code: string): boolean {
  return /CERT|ERR_TLS|ERR_SSL|UNABLE_TO|SELF_SIGNED/.test(code)
}

function tlsHint(text: string): string {
  if (/wrong version|packet length|http request|unknown protocol|cut the connection/i.test(text))
    return 'the port may speak MQTT without TLS: try -p 1883'
  return 'trust its certificate authority with --cafile; --insecure trusts anybody'
}

const CONNECT_HINTS: Readonly<Record<number, string>> = {
  0x80: 'the log of the server may say more',
  0x84: 'another version: -V 311 or -V 31',
  0x85: 'another Client Identifier: -i',
  0x86: 'check -u and -P (or --password-file, MQTT_PASSWORD)',
  0x87: 'log in with -u and --password-file, or ask whoever runs the server for the right',
  0x88: 'try again later',
  0x89: 'try again later',
  0x8a: 'ask whoever runs the server',
}

const DISCONNECT_HINTS: Readonly<Record<number, string>> = {
  0x8e: 'another connection uses the same Client Identifier (-i)',
}
