import type { CloseInfo } from './byte-stream.ts'
import { TransportError } from './transport-error.ts'

/** What a WebSocket's closing code says. Normal (1000), going away (1001) and no code at all (1005) are orderly. */
export const closeInfoOf = (code: number, reason: string): CloseInfo => {
  if (code === 1000 || code === 1001 || code === 1005) return { clean: true }
  const text = `the WebSocket was closed with code ${code} ${reason}`.trimEnd()
  // 1006: it broke without a closing handshake.
  return {
    clean: false,
    error: new TransportError(code === 1006 ? 'CONNECTION_RESET' : 'WEBSOCKET_CLOSED', 'ws', text),
  }
}

/** [MQTT-6.0.0-1] MQTT travels in binary frames. */
export const textFrame = (): CloseInfo => ({
  clean: false,
  error: new TransportError('WEBSOCKET_VIOLATION', 'ws', 'the peer sent a text frame'),
})
