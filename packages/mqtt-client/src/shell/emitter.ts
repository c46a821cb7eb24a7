import type { Client, ClientEvents } from '../api/client.ts'

/** False: nobody listens. */
export type Emit = <K extends keyof ClientEvents>(event: K, value: ClientEvents[K]) => boolean

/** Typed events, and nothing else of an emitter. A listener that throws harms nobody else. */
export function createEmitter(): { readonly on: Client['on']; readonly emit: Emit } {
  const listeners = new Map<string, Set<(value: never) => void>>()
  const of = (event: string) => {
    const known = listeners.get(event) ?? new Set()
    listeners.set(event, known)
    return known
  }
  return {
    on(event, listener, { signal, once } = {}) {
      const called = (value: never) => {
        if (once) off()
        listener(value)
      }
      const off = () => {
        of(event).delete(called)
        signal?.removeEventListener('abort', off)
      }
      if (!signal?.aborted) of(event).add(called)
      signal?.addEventListener('abort', off)
      return off
    },
    emit(event, value) {
      const isHeard = of(event).size > 0
      for (const listener of of(event)) {
        try {
          listener(value as never)
        } catch (error) {
          throwLater(error)
        }
      }
      return isHeard
    },
  }
}

/** Surfaces as an uncaught exception: it is never lost. */
export const throwLater = (error: unknown) =>
  queueMicrotask(() => {
    throw error
  })
