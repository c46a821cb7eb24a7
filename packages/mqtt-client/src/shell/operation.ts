import type { CallOptions } from '../api/structural.ts'
import { MqttError } from '../errors.ts'
import type { Runtime } from '../ports/runtime.ts'

/** Ends a call, once; later calls do nothing. */
export type Settle<T> = (error: MqttError | undefined, value?: T) => void

/**
 * A promise that also ends by `signal` and `timeoutMs`. `begin` starts the work and may return how to give it up. Every one that is begun
 * has to be settled at the latest when the client closes: that is what takes the timer and the listener away.
 */
export const operation = <T>(
  runtime: Runtime,
  { signal, timeoutMs }: CallOptions = {},
  begin: (settle: Settle<T>) => (() => void) | void,
): Promise<T> =>
  new Promise((resolve, reject) => {
    let giveUp: (() => void) | void
    let timer: unknown
    const settle: Settle<T> = (error, value) => {
      if (timer !== undefined) runtime.clearTimer(timer)
      signal?.removeEventListener('abort', abort)
      if (error) reject(error)
      else resolve(value as T)
    }
    const end = (error: MqttError) => {
      settle(error)
      giveUp?.()
    }
    const abort = () => end(new MqttError('ABORTED', '', { cause: signal?.reason }))
    if (signal?.aborted) return abort()
    signal?.addEventListener('abort', abort)
    if (timeoutMs !== undefined) timer = runtime.setTimer(() => end(new MqttError('TIMEOUT')), timeoutMs)
    giveUp = begin(settle)
  })
