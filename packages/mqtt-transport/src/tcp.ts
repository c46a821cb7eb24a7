import { connect, createServer, type Socket } from 'node:net'
import type { ByteStream } from './byte-stream.ts'
import type { Listener, OnStream } from './listener.ts'
import { directWritingWorks } from './node/direct-writing.ts'
import { establish, FAMILY_ATTEMPT_TIMEOUT_MS, type ConnectOptions } from './node/establish.ts'
import { ConnectionLimit, listening, peerOf, PROBED, stopListening, type ListenOptions } from './node/listening.ts'
import { sharedOnReadOf, sharedReadBufferWorks, shareReadBuffer, type ReadingMode } from './node/shared-read-buffer.ts'
import { SocketByteStream, type SocketHabits } from './node/socket-byte-stream.ts'
import { hostAndPort } from './node/socket-errors.ts'
import { TransportError } from './transport-error.ts'

export type { ConnectOptions, ListenOptions, ReadingMode }

export interface ConnectTcpOptions extends ConnectOptions {
  /** Default `'auto'`. */
  readonly reading?: ReadingMode | undefined
}

export interface ListenTcpOptions extends ListenOptions {
  /** Default `'auto'`. With `'onread'` listening fails where the runtime cannot do it. */
  readonly reading?: ReadingMode | undefined
}

/** Connects over TCP. Rejects with a `TransportError` that names host, port and reason. Nagle's algorithm is off. */
export const connectTcp = async (options: ConnectTcpOptions): Promise<ByteStream> => {
  const { host, port, reading = 'auto' } = options
  const start = (): Socket => {
    const socket: Socket = connect({
      host,
      port,
      noDelay: true,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: FAMILY_ATTEMPT_TIMEOUT_MS,
      ...(reading !== 'data' && { onread: sharedOnReadOf(() => socket) }),
    })
    return socket.pause()
  }
  return establish(options, 'connect', start, (socket) => {
    // One read before the pause. Else Node makes it up a turn after the first resume(), even when pause() has been called since.
    socket.read(0)
    // A runtime that ignores onread emits 'data'; one that knows it never does. So no probe is needed here.
    return new SocketByteStream(socket.pause(), peerOf('tcp', socket), DATA)
  })
}

/** Listens for TCP connections. Nagle's algorithm is off on all of them. */
export const listenTcp = async (options: ListenTcpOptions, onStream: OnStream): Promise<Listener> => {
  const { host, reading = 'auto' } = options
  const limit = new ConnectionLimit(options.maximumConnections)
  const shares = reading !== 'data' && (await sharedReadBufferWorks())
  if (reading === 'onread' && !shares) {
    throw new TransportError('NOT_SUPPORTED', 'tcp', "this runtime cannot do reading: 'onread', use 'auto' or 'data'")
  }
  const shared = shares && (await directWritingWorks()) ? DIRECT : SHARED
  let url = ''
  const server = createServer({ pauseOnConnect: true, noDelay: true, ...PROBED }, (socket) => {
    if (!limit.admit(socket)) return void socket.destroy()
    const habits = shares && shareReadBuffer(socket) ? shared : DATA
    onStream(new SocketByteStream(socket, peerOf('tcp', socket, url), habits))
  })
  const port = await listening(server, options)
  url = `mqtt://${hostAndPort(host, port)}`
  return { url, port, close: () => stopListening(server) }
}

const DATA: SocketHabits = { listensToData: true, copyUpToBytes: 0, takesEmptyWrites: true, writesDirectly: false }
const SHARED: SocketHabits = { ...DATA, listensToData: false }
const DIRECT: SocketHabits = { ...SHARED, writesDirectly: true }
