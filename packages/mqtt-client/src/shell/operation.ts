import type { CallOptions } from '../api/structural.ts'
import { MqttError } from '../errors.ts'
import type { Runtime } from '../ports/runtime.ts'

/** Ends a call, once; later calls do nothing. */
export type Settle<T> = (error: MqttError | undefined, value?: T) => void

/**
 * A promise that also ends by `signal` and `timeoutMs`. `begin` starts the work and may return how to give it up. Every one that is begun
 * has to be settled at the latest when the client closes: that is what takes the timer and the listener away.
 */
export function operation<T>(
  runtime: Runtime,
  options: CallOptions | undefined,
  begin: (settle: Settle<T>) => (() => void) | void,
): Promise<T> {
  const { signal, timeoutMs } = options ?? {}
  return new Promise<T>((resolve, reject) => {
    if (!signal && timeoutMs === undefined) {
      // The usual case: a promise settles only once by itself.
      begin((error, value) => (error ? reject(error) : resolve(value as T)))
      return
    }
    let giveUp: (() => void) | void
    let timer: unknown
    const abort = () => end(new MqttError('ABORTED', 'the call was aborted', { cause: signal?.reason }))
    const finish: Settle<T> = (error, value) => {
      runtime.clearTimer(timer)
      signal?.removeEventListener('abort', abort)
      if (error) reject(error)
      else resolve(value as T)
    }
    const end = (error: MqttError) => {
      finish(error)
      giveUp?.()
    }
    if (signal?.aborted) return abort()
    signal?.addEventListener('abort', abort)
    if (timeoutMs !== undefined) {
      timer = runtime.setTimer(
        () => end(new MqttError('TIMEOUT', `no answer within ${timeoutMs} ms`, { retryable: true })),
        timeoutMs,
      )
    }
    giveUp = begin(finish)
  })
}
