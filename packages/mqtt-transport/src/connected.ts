import type { Socket } from 'node:net'
import { transportError } from './node-errors.ts'
import { TransportError, type TransportPhase } from './transport-error.ts'

interface Attempt {
  readonly host: string
  readonly port: number
  readonly signal?: AbortSignal
  readonly connectTimeoutMs?: number
}

/** Waits until a socket is connected; a failure, a timeout and an abort destroy it. */
export const connected = (
  socket: Socket,
  event: 'connect' | 'secureConnect',
  phase: TransportPhase,
  attempt: Attempt,
): Promise<void> => {
  const { host, port, signal, connectTimeoutMs = 30_000 } = attempt
  const what = `cannot connect to ${host}:${port}`
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      clearTimeout(timeout)
      signal?.removeEventListener('abort', aborted)
      socket.off(event, succeeded)
      socket.off('error', failed)
      settle()
    }
    const succeeded = (): void => finish(resolve)
    const failed = (error: unknown): void =>
      finish(() => {
        // A socket can fail once more while it is torn down.
        socket.on('error', () => {})
        socket.destroy()
        reject(transportError(error, phase, what))
      })
    const aborted = (): void => failed(new TransportError('ABORTED', phase, `${what}: aborted`, signal?.reason))
    const timeout = setTimeout(
      () => failed(new TransportError('TIMEOUT', phase, `${what}: no answer in ${connectTimeoutMs} ms`)),
      connectTimeoutMs,
    )
    socket.once(event, succeeded)
    socket.once('error', failed)
    signal?.addEventListener('abort', aborted, { once: true })
    if (signal?.aborted === true) aborted()
  })
}
