import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { abortError, type AbortSignalLike } from '../abort.ts'
import type { ByteStream, PeerInfo } from '../byte-stream.ts'
import { TransportError } from '../transport-error.ts'
import { DEFAULT_CONNECT_TIMEOUT_MS, FAMILY_ATTEMPT_TIMEOUT_MS } from './establish.ts'
import { peerOf } from './listening.ts'
import { loadWs } from './load-ws.ts'
import { transportError } from './socket-errors.ts'
import { certificateOf, clientTls, type ClientTlsOptions } from './tls-options.ts'
import { WsByteStream } from './ws-byte-stream.ts'

export interface ConnectWsOptions {
  /** Subprotocols to offer. Default `['mqtt']`; MQTT 3.1 is `['mqttv3.1']`. */
  readonly protocols?: readonly string[] | undefined
  /** Headers of the request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** For `wss:` URLs. */
  readonly tls?: ClientTlsOptions | undefined
  /** Gives up when it fires, with code `ABORTED`. */
  readonly signal?: AbortSignalLike | undefined
  /** Time for name, connection and handshakes together, in milliseconds. Default 10,000; 0 waits as long as the system does. */
  readonly connectTimeoutMs?: number | undefined
  /** The largest message that the server may send, in bytes. Default 268,435,460, the largest MQTT packet. */
  readonly maximumPayloadBytes?: number | undefined
}

/**
 * Connects to `ws://` or `wss://` with the package `ws`, which the caller installs. Rejects with a `TransportError`:
 * `WEBSOCKET_REFUSED` when the server answers something else than an upgrade to the subprotocol.
 */
export const connectWs = async (url: string, options: ConnectWsOptions = {}): Promise<ByteStream> => {
  const { WebSocket } = await loadWs()
  const { protocols = ['mqtt'], headers, tls = {}, signal, connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options
  const attempt = `connecting to ${url}`
  if (signal?.aborted === true) throw abortError(url, 'ws', signal)
  const settings = {
    ...clientTls(tls),
    ...(headers !== undefined && { headers: { ...headers } }),
    autoSelectFamilyAttemptTimeout: FAMILY_ATTEMPT_TIMEOUT_MS,
    perMessageDeflate: false,
    maxPayload: options.maximumPayloadBytes ?? LARGEST_PACKET_BYTES,
  }
  return new Promise((resolve, reject) => {
    const webSocket = open()
    if (webSocket === undefined) return
    let upgraded: IncomingMessage | undefined
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      webSocket.off('open', onOpen).off('upgrade', onUpgrade).off('unexpected-response', onResponse)
    }
    const fail = (error: TransportError): void => {
      settle()
      // onError stays: ending an attempt is an error to ws, and somebody must listen.
      webSocket.terminate()
      reject(error)
    }
    const onOpen = (): void => {
      settle()
      webSocket.off('error', onError)
      const socket = (upgraded?.socket as Socket | null | undefined) ?? undefined
      const certificate = isSecure && socket !== undefined ? certificateOf(socket as TLSSocket) : undefined
      const peer: PeerInfo = {
        ...peerOf(isSecure ? 'wss' : 'ws', socket ?? {}),
        subprotocol: webSocket.protocol,
        ...(certificate !== undefined && { certificate }),
      }
      resolve(new WsByteStream(webSocket, socket, peer, TRUSTING))
    }
    const onUpgrade = (response: IncomingMessage): void => {
      upgraded = response
    }
    const onResponse = (_request: ClientRequest, response: IncomingMessage): void => {
      const { statusCode, statusMessage } = response
      const message = `${attempt} failed: the server answered HTTP ${statusCode} ${statusMessage}`
      fail(new TransportError('WEBSOCKET_REFUSED', 'ws', message))
    }
    const onError = (error: Error): void => {
      const known = transportError(error, 'ws', attempt)
      // What is neither the network's nor TLS's is the handshake's: no subprotocol, a wrong accept header.
      const refused = known.code === 'NETWORK_FAILED'
      fail(refused ? new TransportError('WEBSOCKET_REFUSED', 'ws', known.message, error) : known)
    }
    const onAbort = (): void => fail(abortError(url, 'ws', signal!))
    const onTimeout = (): void =>
      fail(new TransportError('TIMEOUT', 'ws', `${attempt} failed: not done within ${connectTimeoutMs} ms`))
    const timer = connectTimeoutMs > 0 ? setTimeout(onTimeout, connectTimeoutMs) : undefined
    const isSecure = webSocket.url.startsWith('wss:')
    signal?.addEventListener('abort', onAbort)
    webSocket.on('error', onError)
    webSocket.on('open', onOpen).on('upgrade', onUpgrade).on('unexpected-response', onResponse)

    function open() {
      try {
        return new WebSocket(url, [...protocols], settings)
      } catch (error) {
        reject(new TransportError('INVALID_OPTION', 'ws', `${attempt} failed: ${(error as Error).message}`, error))
        return undefined
      }
    }
  })
}

/** A Remaining Length of 268,435,455 behind five bytes of header. */
const LARGEST_PACKET_BYTES = 268_435_460

/** A client chose its server: it counts nothing. */
const TRUSTING = { maximumControlFramesPerSecond: Infinity, now: () => 0 }
