import { isIP, type Socket } from 'node:net'
import { abortError, type AbortSignalLike } from '../abort.ts'
import { TransportError, type TransportPhase } from '../transport-error.ts'
import { hostAndPort, transportError } from './socket-errors.ts'

/** What every way of connecting takes. */
export interface ConnectOptions {
  /** A name or an address. All addresses of a name are tried, IPv6 and IPv4. */
  readonly host: string
  readonly port: number
  /** Gives up when it fires, with code `ABORTED`. */
  readonly signal?: AbortSignalLike | undefined
  /** Time for name, connection and handshakes together, in milliseconds. Default 10,000; 0 waits as long as the system does. */
  readonly connectTimeoutMs?: number | undefined
}

export const DEFAULT_CONNECT_TIMEOUT_MS = 10_000

/** Node's default of 250 ms per address gives up on the first address of slow links. */
export const FAMILY_ATTEMPT_TIMEOUT_MS = 1_000

/**
 * Waits until a socket that `start` begins to connect emits `event`, and makes the result inside that event: one turn later
 * an error of the socket would find no listener and end the process.
 */
export const establish = <Result>(
  options: ConnectOptions,
  event: 'connect' | 'secureConnect',
  start: () => Socket,
  ready: (socket: Socket) => Result,
): Promise<Result> =>
  new Promise<Result>((resolve, reject) => {
    const { host, port, signal, connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options
    const target = hostAndPort(host, port)
    let phase: TransportPhase = isIP(host) === 0 ? 'dns' : 'tcp'
    if (signal?.aborted === true) return reject(abortError(target, phase, signal))

    let socket: Socket
    try {
      socket = start()
    } catch (error) {
      return reject(transportError(error, phase, `connecting to ${target}`))
    }
    const onLookup = (): void => {
      phase = 'tcp'
    }
    const onConnect = (): void => {
      phase = 'tls'
    }
    const onAbort = (): void => fail(abortError(target, phase, signal!))
    const onError = (error: Error): void => fail(transportError(error, phase, `connecting to ${target}`))
    const onClose = (): void =>
      fail(new TransportError('CONNECTION_RESET', phase, `connecting to ${target} failed: the other side closed`))
    const onTimeout = (): void =>
      fail(
        new TransportError('TIMEOUT', phase, `connecting to ${target} failed: not done within ${connectTimeoutMs} ms`),
      )
    const timer = connectTimeoutMs > 0 ? setTimeout(onTimeout, connectTimeoutMs) : undefined

    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.off('lookup', onLookup).off('connect', onConnect).off('close', onClose).off(event, onEstablished)
    }
    const fail = (error: TransportError): void => {
      settle()
      // onError stays: what it still hears is of no interest, but somebody must listen.
      socket.destroy()
      reject(error)
    }
    const onEstablished = (): void => {
      settle()
      socket.off('error', onError)
      resolve(ready(socket))
    }
    signal?.addEventListener('abort', onAbort)
    socket.on('lookup', onLookup).on('error', onError).on('close', onClose)
    if (event === 'secureConnect') socket.on('connect', onConnect)
    socket.on(event, onEstablished)
  })
