import type { MqttError } from '../errors.ts'
import type { Settle } from './operation.ts'

/** Callers that wait for the same thing. */
export class Waiting<T> {
  /** Made for the first: most of the time nobody waits. */
  #all: Set<Settle<T>> | undefined

  /** Returns how to give it up. */
  add(settle: Settle<T>): () => void {
    const all = (this.#all ??= new Set())
    all.add(settle)
    return () => void all.delete(settle)
  }

  settle(error?: MqttError, value?: T): void {
    const all = this.#all
    this.#all = undefined
    for (const settle of all ?? []) settle(error, value)
  }
}
