import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net'
import { PROBE_TIMEOUT_MS, probeOverLoopback } from './loopback-probe.ts'
import { receive, type OwnedSocket } from './socket-byte-stream.ts'
import type { SocketInternals } from './socket-internals.ts'

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
  const internals = accepted as unknown as SocketInternals
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
export const probe = (share = shareReadBuffer, timeoutMs = PROBE_TIMEOUT_MS): Promise<boolean> =>
  probeOverLoopback(timeoutMs, (accepted, client, answer) => {
    const buffer = new Uint8Array(8)
    function callback(this: unknown, bytesRead: number): boolean {
      answer(this === accepted && bytesRead === 1 && buffer[0] === PROBE_BYTE)
      return true
    }
    if (!share(accepted, { buffer, callback })) return answer(false)
    accepted.resume()
    client.write(new Uint8Array([PROBE_BYTE]))
  })

const READ_BUFFER_BYTES = 65_536
const PROBE_BYTE = 0x47

let shared: OnReadOpts | undefined
let works: Promise<boolean> | undefined
let onReadKeys: OnReadKeys | undefined

/** Where a socket keeps its `onread` option; undefined where it does not. */
interface OnReadKeys {
  readonly buffer: symbol | undefined
  readonly callback: symbol | undefined
}

/** They are found by what stands there: their names are Node's own affair. */
function keysOfOnRead(): OnReadKeys {
  const onread = sharedOnRead()
  const example = new Socket({ onread } as SocketConstructorOpts) as unknown as SocketInternals
  const keyOf = (value: unknown): symbol | undefined =>
    Object.getOwnPropertySymbols(example).find((key) => example[key] === value)
  return { buffer: keyOf(onread.buffer), callback: keyOf(onread.callback) }
}

/** Node calls it as a method of the socket that has read; the probe verifies this too. */
function onRead(this: unknown, bytesRead: number, buffer: Uint8Array): boolean {
  receive(this as OwnedSocket, new Uint8Array(buffer.buffer, buffer.byteOffset, bytesRead))
  return true
}
