import type { TransportError } from '@godwit/mqtt-transport'
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

/** The client has a deadline of its own for the whole attempt. */
const connectTimeoutMs = 0

/** By the scheme. TLS and WebSocket are loaded when they are first used. */
export const nodeTransport: Transport = async (target, { signal, tls, webSocket }) => {
  if (!URL.canParse(target)) throw new MqttError('INVALID_ARGUMENT', `not a URL: ${target}`)
  const url = new URL(target)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1') || 'localhost'
  const port = Number(url.port) || (PORTS[url.protocol] ?? 0)
  switch (url.protocol) {
    case 'mqtt:':
    case 'tcp:':
      return connectTcp({ host, port, signal, connectTimeoutMs })
    case 'mqtts:':
    case 'ssl:':
    case 'tls:': {
      const { connectTls } = await import('@godwit/mqtt-transport/tls')
      return connectTls({ ...tls, host, port, signal, connectTimeoutMs })
    }
    case 'ws:':
    case 'wss:': {
      const { connectWs } = await import('@godwit/mqtt-transport/ws')
      return connectWs(target, { ...webSocket, tls, signal, connectTimeoutMs }).catch(refuseForGood)
    }
    default:
      throw new MqttError('INVALID_ARGUMENT', `unknown scheme ${url.protocol}`)
  }
}

/** What only a person can mend is not tried again by itself. */
export function refuseForGood(error: TransportError): never {
  const { code, phase, message } = error
  throw code === 'WS_NOT_INSTALLED' ? new MqttError('TRANSPORT_FAILED', message, { phase, cause: error }) : error
}
