import { connectWebSocket } from '@godwit/mqtt-transport/web'
import { MqttError } from '../errors.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { Transport } from '../ports/transport.ts'
import { platformRuntime } from './runtime.ts'

/** WebSocket alone: a page has nothing else. */
export const webTransport: Transport = async (url, { signal, webSocket }) => {
  if (!/^wss?:/.test(url)) throw new MqttError('INVALID_ARGUMENT', 'only ws:// and wss:// work here')
  return connectWebSocket(url, { protocols: webSocket?.protocols, signal })
}

interface EventSource {
  addEventListener?(type: string, listener: () => void): void
  removeEventListener?(type: string, listener: () => void): void
}

/** The page's clock, and the moments at which it may have slept. */
export function webRuntime(): Runtime {
  return {
    ...platformRuntime(),
    onWake(callback) {
      const page = globalThis as EventSource & { readonly document?: EventSource }
      const { document } = page
      page.addEventListener?.('online', callback)
      document?.addEventListener?.('visibilitychange', callback)
      return () => {
        page.removeEventListener?.('online', callback)
        document?.removeEventListener?.('visibilitychange', callback)
      }
    },
  }
}
