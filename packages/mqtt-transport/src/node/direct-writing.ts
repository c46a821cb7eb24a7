import type { Socket } from 'node:net'
import { PROBE_TIMEOUT_MS, probeOverLoopback } from './loopback-probe.ts'
import type { SocketHandle, SocketInternals } from './socket-internals.ts'

// A socket of Node is a Writable: each write makes a request, an entry of a queue and a callback for the next tick, also where the
// kernel takes all bytes at once, as it nearly always does. Measured with one message for each write, a broker takes a tenth less
// of the CPU where such bytes go to the socket's handle directly. What the kernel does not take waits in the same queue of libuv
// as what is written the ordinary way after it, so the order is kept.

/** Node's own class of a request to write. One that was not needed can be used again. */
export type WriteRequestClass = new () => WriteRequest

export interface WriteRequest {
  /** Called when what was queued with it has been written, or never will be. */
  oncomplete?: () => void
  /** Kept until then. */
  bytes?: Uint8Array
}

let requestClass: WriteRequestClass | undefined
let unused: WriteRequest | undefined
let works: Promise<boolean> | undefined

/** Whether accepted sockets of this runtime can be written to directly. Found out once per process. */
export const directWritingWorks = (): Promise<boolean> =>
  (works ??= isNode()
    ? probeDirectWriting().then((found) => (requestClass = found) !== undefined)
    : Promise.resolve(false))

/** Nothing was written: the ordinary way does it, or tells of the error. */
export const NOT_WRITTEN = -1

/**
 * Writes to a socket that nothing waits in. Returns how many bytes the kernel has not taken, whose memory is in use until what is
 * written next the ordinary way has gone; or `NOT_WRITTEN`.
 */
export const writeDirectly = (socket: Socket, bytes: Uint8Array): number => {
  const handle = (socket as unknown as SocketInternals)._handle as Required<SocketHandle> | null | undefined
  if (requestClass === undefined || handle === null || handle === undefined) return NOT_WRITTEN
  const request = (unused ??= requestOf(requestClass))
  if (handle.writeBuffer(request, bytes) !== 0) return NOT_WRITTEN
  const left = handle.writeQueueSize
  if (left > 0) {
    request.bytes = bytes
    unused = undefined
  }
  return left
}

/**
 * Lets Node write one byte to see which class of requests it uses, and writes the next one itself. The class, where both have arrived.
 */
export const probeDirectWriting = async (
  timeoutMs = PROBE_TIMEOUT_MS,
  handleOf: HandleOf = (socket) => (socket as unknown as SocketInternals)._handle!,
): Promise<WriteRequestClass | undefined> => {
  let found: WriteRequestClass | undefined
  const arrived = await probeOverLoopback(timeoutMs, (accepted, client, answer) => {
    let received = ''
    client.on('data', (chunk) => {
      received += chunk.toString('latin1')
      if (received.length === 2) answer(received === '12')
    })
    const handle = handleOf(accepted)
    found = classUsedBy(accepted, handle)
    const bytes = Uint8Array.of(0x32)
    const code = handle.writeBuffer!(requestOf(found!), bytes)
    // It must have been taken by now, not be copied later.
    bytes[0] = 0
    if (code !== 0 || handle.writeQueueSize !== 0) answer(false)
  })
  return arrived ? found : undefined
}

export type HandleOf = (socket: Socket) => SocketHandle

const classUsedBy = (socket: Socket, handle: SocketHandle): WriteRequestClass | undefined => {
  const { writeBuffer } = handle
  let found: WriteRequestClass | undefined
  handle.writeBuffer = (request, bytes) => {
    found = request.constructor as WriteRequestClass
    return writeBuffer!.call(handle, request, bytes)
  }
  socket.write(Uint8Array.of(0x31))
  delete handle.writeBuffer
  return found
}

const requestOf = (WriteRequest: WriteRequestClass): WriteRequest => {
  const request = new WriteRequest()
  request.oncomplete = () => {}
  return request
}

/** Others that offer the same handles queue what they write, and do not say how much. */
const isNode = (): boolean =>
  process.versions['uv'] !== undefined &&
  process.versions['bun'] === undefined &&
  process.versions['deno'] === undefined
