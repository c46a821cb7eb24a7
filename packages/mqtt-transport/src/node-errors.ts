import { TransportError, type TransportErrorCode, type TransportPhase } from './transport-error.ts'

const CODES: Readonly<Record<string, readonly [TransportErrorCode, string]>> = {
  ECONNREFUSED: ['CONNECTION_REFUSED', 'nothing listens there'],
  ECONNRESET: ['CONNECTION_RESET', 'the other end cut the connection'],
  EPIPE: ['CONNECTION_RESET', 'the other end has closed the connection'],
  EADDRINUSE: ['ADDRESS_IN_USE', 'the port is taken'],
  EADDRNOTAVAIL: ['ADDRESS_NOT_AVAILABLE', 'this machine has no such address'],
  EACCES: ['PERMISSION_DENIED', 'permission denied; ports below 1024 need a right'],
  ENOTFOUND: ['HOST_NOT_FOUND', 'no such host'],
  EAI_AGAIN: ['HOST_NOT_FOUND', 'the name could not be looked up'],
  ETIMEDOUT: ['TIMEOUT', 'no answer in time'],
}

/** An error of Node's as ours: what was tried, and what stood in the way. */
export const transportError = (error: unknown, phase: TransportPhase, what: string): TransportError => {
  if (TransportError.isInstance(error)) return error
  const first = error instanceof AggregateError ? error.errors[0] : error
  const nodeCode = String((first as { code?: unknown } | undefined)?.code ?? '')
  const known = CODES[nodeCode]
  const text = first instanceof Error ? first.message : String(first)
  if (known !== undefined) {
    const where = known[0] === 'HOST_NOT_FOUND' ? 'dns' : phase
    return new TransportError(known[0], where, `${what}: ${known[1]}`, error)
  }
  if (phase === 'tls') return new TransportError('TLS_FAILED', phase, `${what}: ${text}`, error)
  return new TransportError('NETWORK_FAILED', phase, `${what}: ${text}`, error)
}
