import type { ClientEvents } from '../api/client.ts'
import type { AbortSignalLike } from '../api/structural.ts'

type Listener = (value: never) => void

/** Typed events, and nothing else of an emitter. */
export class Emitter {
  readonly #listeners = new Map<keyof ClientEvents, Set<Listener>>()

  on<K extends keyof ClientEvents>(
    event: K,
    listener: (value: ClientEvents[K]) => void,
    { signal, once }: { readonly signal?: AbortSignalLike; readonly once?: boolean } = {},
  ): () => void {
    const all = this.#listeners.get(event) ?? new Set<Listener>()
    this.#listeners.set(event, all)
    const off = () => {
      all.delete(called)
      signal?.removeEventListener('abort', off)
    }
    const called: Listener = (value) => {
      if (once) off()
      listener(value)
    }
    if (!signal?.aborted) all.add(called)
    signal?.addEventListener('abort', off)
    return off
  }

  /** False: nobody listens. A listener that throws harms nobody else: its error surfaces as an uncaught one. */
  emit<K extends keyof ClientEvents>(event: K, value: ClientEvents[K]): boolean {
    const all = this.#listeners.get(event)
    for (const listener of all ?? []) {
      try {
        listener(value as never)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
    return (all?.size ?? 0) > 0
  }
}
