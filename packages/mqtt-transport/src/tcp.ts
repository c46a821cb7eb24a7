import { createConnection, createServer } from 'node:net'
import type { ByteStream } from './byte-stream.ts'
import { connected } from './connected.ts'
import type { Listener, OnStream } from './listener.ts'
import { startListening } from './node-listener.ts'
import { SocketStream } from './socket-stream.ts'

export interface ConnectTcpOptions {
  readonly host: string
  readonly port: number
  readonly signal?: AbortSignal
  /** Default: 30,000. */
  readonly connectTimeoutMs?: number
}

export interface ListenTcpOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
}

/** A TCP connection. Rejects with a TransportError that says what was tried. */
export const connectTcp = async (options: ConnectTcpOptions): Promise<ByteStream> => {
  const { host, port } = options
  const socket = createConnection({ host, port, noDelay: true, autoSelectFamily: true })
  await connected(socket, 'connect', 'tcp', options)
  return new SocketStream(socket, 'tcp')
}

export const listenTcp = (options: ListenTcpOptions, onStream: OnStream): Promise<Listener> => {
  const server = createServer({ noDelay: true }, (socket) => onStream(new SocketStream(socket, 'tcp')))
  return startListening(server, 'mqtt', options.host, options.port)
}
