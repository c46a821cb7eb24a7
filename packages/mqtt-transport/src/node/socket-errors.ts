import { TransportError, type TransportErrorCode, type TransportPhase } from '../transport-error.ts'

/** The package's error for one of Node's. `attempt` says what was tried: `connecting to localhost:1883`. */
export const transportError = (cause: unknown, phase: TransportPhase, attempt: string): TransportError => {
  if (TransportError.isInstance(cause)) return cause
  const systemCode = codeOf(cause)
  const known = KNOWN[systemCode]
  if (known !== undefined) {
    const [code, text] = known
    const tried = addressesTried(cause)
    return new TransportError(code, PHASES[code] ?? phase, `${attempt} failed: ${text}${tried} (${systemCode})`, cause)
  }
  const message = `${attempt} failed: ${messageOf(cause)}`
  if (isTls(systemCode, phase)) return new TransportError('TLS_FAILED', 'tls', message, cause)
  return new TransportError(isOption(systemCode) ? 'INVALID_OPTION' : 'NETWORK_FAILED', phase, message, cause)
}

/** `host:port`, as it stands in messages and URLs. */
export const hostAndPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

const KNOWN: Readonly<Record<string, readonly [TransportErrorCode, string]>> = {
  ECONNREFUSED: ['CONNECTION_REFUSED', 'nothing listens there'],
  ECONNRESET: ['CONNECTION_RESET', 'the other side cut the connection'],
  ECONNABORTED: ['CONNECTION_RESET', 'the connection was cut'],
  EPIPE: ['CONNECTION_RESET', 'the other side had closed the connection'],
  EADDRINUSE: ['ADDRESS_IN_USE', 'something else listens there already'],
  EADDRNOTAVAIL: ['ADDRESS_NOT_AVAILABLE', 'this machine has no such address'],
  EACCES: ['PERMISSION_DENIED', 'the operating system does not allow it'],
  EPERM: ['PERMISSION_DENIED', 'the operating system does not allow it'],
  ENOTFOUND: ['HOST_NOT_FOUND', 'no such host'],
  EAI_NONAME: ['HOST_NOT_FOUND', 'no such host'],
  EAI_AGAIN: ['HOST_LOOKUP_FAILED', 'the name server did not answer'],
  EAI_FAIL: ['HOST_LOOKUP_FAILED', 'the name server failed'],
  ETIMEDOUT: ['TIMEOUT', 'no answer in time'],
  EHOSTUNREACH: ['HOST_UNREACHABLE', 'no way to that host'],
  ENETUNREACH: ['HOST_UNREACHABLE', 'no way to that network'],
  EHOSTDOWN: ['HOST_UNREACHABLE', 'the host is down'],
  ENETDOWN: ['HOST_UNREACHABLE', 'the network is down'],
  EMFILE: ['TOO_MANY_OPEN_FILES', 'this process may open no more files'],
  ENFILE: ['TOO_MANY_OPEN_FILES', 'this machine may open no more files'],
}

/** Errors that can come in one phase only, whatever the caller was waiting for. */
const PHASES: Readonly<Partial<Record<TransportErrorCode, TransportPhase>>> = {
  HOST_NOT_FOUND: 'dns',
  HOST_LOOKUP_FAILED: 'dns',
  CONNECTION_REFUSED: 'tcp',
  HOST_UNREACHABLE: 'tcp',
  ADDRESS_IN_USE: 'tcp',
  ADDRESS_NOT_AVAILABLE: 'tcp',
}

const codeOf = (cause: unknown): string => {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return ''
  return typeof cause.code === 'string' ? cause.code : ''
}

const messageOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  const code = codeOf(cause)
  return code === '' || cause.message.includes(code) ? cause.message : `${cause.message} (${code})`
}

/** Several addresses of one name were tried in turn: Node throws all of their errors as one. */
const addressesTried = (cause: unknown): string => {
  if (!(cause instanceof AggregateError)) return ''
  const addresses = cause.errors.flatMap((error: unknown) =>
    typeof error === 'object' && error !== null && 'address' in error ? [String(error.address)] : [],
  )
  return addresses.length === 0 ? '' : ` at ${addresses.join(' and ')}`
}

const isTls = (systemCode: string, phase: TransportPhase): boolean => phase === 'tls' || TLS_CODES.test(systemCode)

/** What OpenSSL and the verification of certificates report through Node. */
const TLS_CODES =
  /^(?:ERR_SSL_|ERR_TLS_|EPROTO$|CERT_|CRL_|UNABLE_TO_|ERROR_IN_C|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_)/

const isOption = (systemCode: string): boolean =>
  systemCode.startsWith('ERR_INVALID_ARG') || systemCode === 'ERR_SOCKET_BAD_PORT' || systemCode === 'ERR_OUT_OF_RANGE'
