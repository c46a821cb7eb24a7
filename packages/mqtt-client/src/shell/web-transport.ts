import { connectPlainWebSocket } from '@godwit/mqtt-transport/web'
import { MqttError } from '../errors.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { Transport } from '../ports/transport.ts'
import { newRuntime } from './runtime.ts'

/** WebSocket alone: a page has nothing else. */
export const webTransport: Transport = async (url, { signal, webSocket }) => {
  if (!/^wss?:/.test(url)) throw new MqttError('INVALID_ARGUMENT', 'only ws:// and wss:// work here')
  return connectPlainWebSocket(url, { protocols: webSocket?.protocols, signal })
}

interface EventSource {
  addEventListener?(type: string, listener: () => void, options: { readonly signal: AbortSignal }): void
}

/** The page's clock, and the moments at which it may have slept. */
export function webRuntime(): Runtime {
  return {
    ...newRuntime(),
    onWake(callback) {
      const page = globalThis as EventSource & { readonly document?: EventSource }
      const stop = new AbortController()
      page.addEventListener?.('online', callback, stop)
      page.document?.addEventListener?.('visibilitychange', callback, stop)
      return () => stop.abort()
    },
  }
}
