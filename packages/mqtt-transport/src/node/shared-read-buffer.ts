import { connect, createServer, Socket, type AddressInfo, type OnReadOpts, type SocketConstructorOpts } from 'node:net'
import { receive, type OwnedSocket } from './socket-byte-stream.ts'

/**
 * How the bytes of plain TCP connections are read.
 *
 * - `'onread'`: all sockets of the process read into one buffer of 64 KiB. Nothing is allocated per read, which is worth 17 to
 *   36 % of the CPU of small messages. Needs two properties of Node's sockets that are not documented.
 * - `'data'`: every read has memory of its own, as with `socket.on('data')`. Works everywhere.
 * - `'auto'` (default): `'onread'` where a connection to itself shows that it works, else `'data'`.
 */
export type ReadingMode = 'auto' | 'onread' | 'data'

/**
 * The `onread` option of every socket: one buffer and one function for all. The buffer is safe to share, because a read is
 * handed over inside the call that made it, and a paused socket does not read.
 */
export const sharedOnRead = (): OnReadOpts =>
  (shared ??= { buffer: new Uint8Array(READ_BUFFER_BYTES), callback: onRead })

/** The same for one socket, which is made with it: Bun calls the function as a method of nothing. */
export const sharedOnReadOf = (socket: () => Socket): OnReadOpts => ({
  buffer: sharedOnRead().buffer,
  callback(bytesRead, buffer) {
    return onRead.call(socket(), bytesRead, buffer)
  },
})

/**
 * Moves an accepted, paused connection to a socket that reads into the shared buffer, or returns `undefined` where that is
 * impossible. Node offers `onread` for outgoing connections only, hence the handle.
 */
export const withSharedReadBuffer = (accepted: Socket, onread: OnReadOpts = sharedOnRead()): Socket | undefined => {
  const internals = accepted as unknown as { _handle?: object | null }
  const handle = internals._handle
  if (handle === null || handle === undefined) return undefined
  const options: SocketConstructorOpts & { handle: object; onread: OnReadOpts } = { handle, onread }
  internals._handle = null
  const socket = new Socket(options)
  socket.pause()
  // It has no handle any more: this only lets go of its server, so that the server need not wait for it.
  accepted.destroy()
  return socket
}

/** Whether sockets of this runtime can be moved. Found out once per process. */
export const sharedReadBufferWorks = (): Promise<boolean> => (works ??= probe())

/** Sends one byte over loopback to a moved socket and looks whether it arrives in the given buffer, with the right `this`. */
export const probe = async (move = withSharedReadBuffer, timeoutMs = PROBE_TIMEOUT_MS): Promise<boolean> => {
  const buffer = new Uint8Array(8)
  const sockets: Socket[] = []
  const server = createServer({ pauseOnConnect: true })
  try {
    return await new Promise<boolean>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs, false)
      const answer = (works: boolean): void => {
        clearTimeout(timer)
        resolve(works)
      }
      const watch = (socket: Socket): void => {
        sockets.push(socket)
        socket.on('error', () => answer(false))
      }
      server.on('error', () => answer(false))
      server.on('connection', (accepted) => {
        watch(accepted)
        try {
          let moved: Socket | undefined
          function callback(this: unknown, bytesRead: number): boolean {
            answer(this === moved && bytesRead === 1 && buffer[0] === PROBE_BYTE)
            return true
          }
          moved = move(accepted, { buffer, callback })
          if (moved === undefined) return answer(false)
          watch(moved)
          moved.resume()
        } catch {
          answer(false)
        }
      })
      server.listen(0, '127.0.0.1', () => {
        const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
        watch(client)
        client.write(new Uint8Array([PROBE_BYTE]))
      })
    })
  } finally {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
}

const READ_BUFFER_BYTES = 65_536
const PROBE_TIMEOUT_MS = 1_000
const PROBE_BYTE = 0x47

let shared: OnReadOpts | undefined
let works: Promise<boolean> | undefined

/** Node calls it as a method of the socket that has read; the probe verifies this too. */
function onRead(this: unknown, bytesRead: number, buffer: Uint8Array): boolean {
  receive(this as OwnedSocket, new Uint8Array(buffer.buffer, buffer.byteOffset, bytesRead))
  return true
}
