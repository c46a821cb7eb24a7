import type { Listener, OnStream, TransportError } from '@godwit/mqtt-transport'
import { listenTcp } from '@godwit/mqtt-transport/tcp'
import { listenTls } from '@godwit/mqtt-transport/tls'
import { listenWs } from '@godwit/mqtt-transport/ws'
import type { Limits } from '../core/limits.ts'
import { BrokerError } from './broker-error.ts'
import type { ListenOptions, TlsListenOptions } from '../api/options.ts'

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'mqtt:': 1883, 'mqtts:': 8883, 'ws:': 9001, 'wss:': 9443 }

interface ListenerEvents {
  readonly onStream: OnStream
  readonly onError: (error: TransportError) => void
}

/** Opens a listener for a URL; every stream that it accepts goes to `onStream`. */
export const listenAt = async (
  options: ListenOptions,
  limits: Pick<Limits, 'maximumPacketSizeBytes' | 'tlsHandshakeTimeoutMs'>,
  { onStream, onError }: ListenerEvents,
): Promise<Listener> => {
  const url = parse(options.url)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = url.port === '' ? DEFAULT_PORTS[url.protocol]! : Number(url.port)
  const { origins } = options
  const path = url.pathname === '/' || url.pathname === '' ? '/mqtt' : url.pathname
  const webSocket = {
    host,
    port,
    path,
    maximumPayloadBytes: limits.maximumPacketSizeBytes,
    handshakeTimeoutMs: limits.tlsHandshakeTimeoutMs,
    onError,
    ...(origins !== undefined && { origins }),
  }
  switch (url.protocol) {
    case 'mqtt:':
      return listenTcp({ host, port, onError }, onStream)
    case 'mqtts:':
      return listenTls(
        { host, port, onError, handshakeTimeoutMs: limits.tlsHandshakeTimeoutMs, ...tlsOf(options) },
        onStream,
      )
    case 'ws:':
      return listenWs(webSocket, onStream)
    default:
      return listenWs({ ...webSocket, tls: tlsOf(options) }, onStream)
  }
}

const parse = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !(url.protocol in DEFAULT_PORTS) || url.hostname === '') {
    throw new BrokerError(
      'INVALID_URL',
      `"${text}" is not an address to listen at: write mqtt://127.0.0.1:1883, mqtts://, ws://127.0.0.1:9001/mqtt or wss://`,
    )
  }
  return url
}

const tlsOf = (options: ListenOptions): TlsListenOptions => {
  if (options.tls === undefined) {
    throw new BrokerError(
      'TLS_OPTIONS_MISSING',
      `${options.url} needs a certificate and a key: { url, tls: { cert, key } }`,
    )
  }
  return options.tls
}
