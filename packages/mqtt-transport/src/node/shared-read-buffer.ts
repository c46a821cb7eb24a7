import { connect, createServer, Socket, type AddressInfo, type OnReadOpts, type SocketConstructorOpts } from 'node:net'
import { receive, type OwnedSocket } from './socket-byte-stream.ts'

/**
 * How the bytes of plain TCP connections are read.
 *
 * - `'onread'`: all sockets of the process read into one buffer of 64 KiB. Nothing is allocated per read, which is worth 17 to
 *   36 % of the CPU of small messages. Needs three properties of Node's sockets that are not documented.
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
 * Lets an accepted, paused socket read into the shared buffer; false where that is impossible. Node offers `onread` for outgoing
 * connections only, so what it does for those is done here: a second socket around the same handle would cost a tenth of a connection.
 */
export const shareReadBuffer = (accepted: Socket, onread: OnReadOpts = sharedOnRead()): boolean => {
  const { buffer, callback } = (onReadKeys ??= keysOfOnRead())
  const internals = accepted as unknown as Internals
  const handle = internals._handle
  if (buffer === undefined || callback === undefined || typeof handle?.useUserBuffer !== 'function') return false
  internals[buffer] = onread.buffer
  internals[callback] = onread.callback
  handle.useUserBuffer(onread.buffer)
  // One read before the pause. Else Node makes it up a turn after the first resume(), even when pause() has been called since.
  accepted.read(0)
  accepted.pause()
  return true
}

/** Whether accepted sockets of this runtime can. Found out once per process. */
export const sharedReadBufferWorks = (): Promise<boolean> => (works ??= probe())

/** Sends one byte over loopback to an accepted socket and looks whether it arrives in the given buffer, with the right `this`. */
export const probe = async (share = shareReadBuffer, timeoutMs = PROBE_TIMEOUT_MS): Promise<boolean> => {
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
          function callback(this: unknown, bytesRead: number): boolean {
            answer(this === accepted && bytesRead === 1 && buffer[0] === PROBE_BYTE)
            return true
          }
          if (!share(accepted, { buffer, callback })) return answer(false)
          accepted.resume()
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
let onReadKeys: OnReadKeys | undefined

interface Internals {
  readonly _handle?: { useUserBuffer?(buffer: OnReadOpts['buffer']): void } | null
  [key: symbol]: unknown
}

/** Where a socket keeps its `onread` option; undefined where it does not. */
interface OnReadKeys {
  readonly buffer: symbol | undefined
  readonly callback: symbol | undefined
}

/** They are found by what stands there: their names are Node's own affair. */
function keysOfOnRead(): OnReadKeys {
  const onread = sharedOnRead()
  const example = new Socket({ onread } as SocketConstructorOpts) as unknown as Internals
  const keyOf = (value: unknown): symbol | undefined =>
    Object.getOwnPropertySymbols(example).find((key) => example[key] === value)
  return { buffer: keyOf(onread.buffer), callback: keyOf(onread.callback) }
}

/** Node calls it as a method of the socket that has read; the probe verifies this too. */
function onRead(this: unknown, bytesRead: number, buffer: Uint8Array): boolean {
  receive(this as OwnedSocket, new Uint8Array(buffer.buffer, buffer.byteOffset, bytesRead))
  return true
}
