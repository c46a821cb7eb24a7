import { connectTcp } from '@godwit/mqtt-transport/tcp'
import { MqttError } from '../errors.ts'
import type { Transport } from '../ports/transport.ts'

const PORTS: Readonly<Record<string, number>> = {
  'mqtt:': 1883,
  'tcp:': 1883,
  'mqtts:': 8883,
  'ssl:': 8883,
  'tls:': 8883,
}

/** By the scheme. TLS and WebSocket are loaded when they are first used. */
export const nodeTransport: Transport = async (target, { signal, tls, webSocket }) => {
  if (!URL.canParse(target)) throw new MqttError('INVALID_ARGUMENT', `not a URL: ${target}`)
  const url = new URL(target)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1') || 'localhost'
  const port = Number(url.port) || (PORTS[url.protocol] ?? 0)
  switch (url.protocol) {
    case 'mqtt:':
    case 'tcp:':
      return connectTcp({ host, port, signal: signal })
    case 'mqtts:':
    case 'ssl:':
    case 'tls:': {
      const { connectTls } = await import('@godwit/mqtt-transport/tls')
      return connectTls({ ...tls, host, port, signal: signal as AbortSignal })
    }
    case 'ws:':
    case 'wss:': {
      const { connectWs } = await import('@godwit/mqtt-transport/ws')
      const options = { ...webSocket, ...(tls && { tls }), signal: signal as AbortSignal }
      return connectWs(target, options)
    }
    default:
      throw new MqttError('INVALID_ARGUMENT', `unknown scheme ${url.protocol}`)
  }
}
