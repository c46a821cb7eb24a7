import type { Client, ClientEvents } from '../api/client.ts'

/** False: nobody listens. */
export type Emit = <K extends keyof ClientEvents>(event: K, value: ClientEvents[K]) => boolean

/** Typed events, and nothing else of an emitter. A listener that throws harms nobody else. */
export function createEmitter(): { readonly on: Client['on']; readonly emit: Emit } {
  const listeners = new Set<{ readonly event: string; listener(value: never): void }>()
  return {
    on(event, listener) {
      const entry = { event, listener }
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
    emit(event, value) {
      let isHeard = false
      for (const entry of listeners) {
        if (entry.event !== event) continue
        isHeard = true
        try {
          entry.listener(value as never)
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
