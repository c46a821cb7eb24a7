import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { NOT_WRITTEN, probeDirectWriting, writeDirectly, type WriteRequest } from './direct-writing.ts'
import type { SocketHandle, SocketInternals } from './socket-internals.ts'

const real = (socket: Socket): Required<SocketHandle> =>
  (socket as unknown as SocketInternals)._handle as Required<SocketHandle>

/** A handle that writes as it is told, but for what Node writes of its own accord. */
const instead = (write: (handle: Required<SocketHandle>, request: object, bytes: Uint8Array) => number, queued = 0) => {
  let writes = 0
  return (socket: Socket): SocketHandle => {
    const handle = real(socket)
    const { writeBuffer } = handle
    return {
      writeQueueSize: queued,
      set writeBuffer(hook: NonNullable<SocketHandle['writeBuffer']>) {
        handle.writeBuffer = hook
      },
      get writeBuffer() {
        return (request, bytes) =>
          writes++ === 0 ? writeBuffer.call(handle, request, bytes) : write(handle, request, bytes)
      },
    }
  }
}

describe('the probe of direct writing', () => {
  it('finds the class of the requests of Node, one of which writes', async () => {
    const found = await probeDirectWriting()
    expect(found?.name).toBe('WriteWrap')
    expect(new found!() satisfies WriteRequest).toBeInstanceOf(found)
  })

  it.each([
    { how: 'has no handles', handleOf: () => undefined as unknown as SocketHandle },
    { how: 'has handles that cannot write', handleOf: () => ({}) },
    { how: 'says that it has written, and has not', handleOf: instead(() => 0) },
    { how: 'answers with an error', handleOf: instead(() => -32) },
    { how: 'queues what it is to write', handleOf: instead((...call) => realWrite(...call), 1) },
    {
      how: 'copies what it is to write later',
      handleOf: instead((handle, request, bytes) => (setImmediate(() => realWrite(handle, request, bytes)), 0)),
    },
  ])('says no where a runtime $how', async ({ handleOf }) => {
    await expect(probeDirectWriting(100, handleOf)).resolves.toBeUndefined()
  })

  it('writes nothing where it was not asked, or where the socket has no handle', () => {
    expect(writeDirectly(new Socket(), new Uint8Array(1))).toBe(NOT_WRITTEN)
  })
})

const realWrite = (handle: SocketHandle, request: object, bytes: Uint8Array): number =>
  handle.writeBuffer!(request, bytes)
