import type { IncomingMessage } from 'node:http'

export interface Refusal {
  /** Status code and its name. */
  readonly status: string
  readonly reason: string
}

/** Why a request is not upgraded, or `undefined`. */
export const refusalOf = (
  request: IncomingMessage,
  path: string,
  origins: readonly string[] | undefined,
): Refusal | undefined => {
  const [requested] = (request.url ?? '').split('?', 1)
  if (requested !== path) return { status: '404 Not Found', reason: `MQTT is at ${path}` }
  const { origin } = request.headers
  if (origins !== undefined && origin !== undefined && !origins.includes(origin)) {
    return { status: '403 Forbidden', reason: 'pages of this origin may not connect' }
  }
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  // [MQTT-6.0.0-3] The client must offer MQTT. It fails early here: without it a browser would see an accepted connection.
  if (chooseSubprotocol(new Set(offered)) !== false) return undefined
  return { status: '400 Bad Request', reason: 'the subprotocol must be mqtt (or mqttv3.1)' }
}

/** [MQTT-6.0.0-4] The answer repeats one that was offered. */
export const chooseSubprotocol = (offered: ReadonlySet<string>): string | false =>
  SUBPROTOCOLS.find((name) => offered.has(name)) ?? false

/** MQTT 3.1 had a name of its own; 3.1.1 and 5.0 share one. */
const SUBPROTOCOLS = ['mqtt', 'mqttv3.1']
