import type { ClientEvents } from '../api/client.ts'

interface Listener {
  readonly event: string
  listener(value: never): void
}

/** Typed events, and nothing else of an emitter. A listener that throws harms nobody else. */
export class Emitter {
  /** Made for the first: most clients have none. */
  #listeners: Set<Listener> | undefined

  on<K extends keyof ClientEvents>(event: K, listener: (value: ClientEvents[K]) => void): () => void {
    const entry = { event, listener }
    const listeners = (this.#listeners ??= new Set())
    listeners.add(entry)
    return () => void listeners.delete(entry)
  }

  /** False: nobody listens. */
  emit<K extends keyof ClientEvents>(event: K, value: ClientEvents[K]): boolean {
    let isHeard = false
    for (const entry of this.#listeners ?? []) {
      if (entry.event !== event) continue
      isHeard = true
      try {
        entry.listener(value as never)
      } catch (error) {
        throwLater(error)
      }
    }
    return isHeard
  }
}

/** Surfaces as an uncaught exception: it is never lost. */
export const throwLater = (error: unknown) =>
  queueMicrotask(() => {
    throw error
  })
