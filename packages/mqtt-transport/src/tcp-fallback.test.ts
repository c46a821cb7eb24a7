import { describe, expect, it, vi } from 'vitest'
import { connectTcp, listenTcp } from './tcp.ts'
import { pairOf } from './testing/socket-pair.ts'
import { Recorder } from './testing/index.ts'

vi.mock(import('./node/shared-read-buffer.ts'), async (original) => ({
  ...(await original()),
  sharedReadBufferWorks: async () => false,
}))

const loopback = { host: '127.0.0.1', port: 0 }

describe('on a runtime whose sockets cannot share a read buffer', () => {
  it("reading: 'auto' falls back to 'data'", async () => {
    const pair = await pairOf(
      (onStream) => listenTcp(loopback, onStream),
      ({ port }) => connectTcp({ ...loopback, port }),
    )
    const [client, server] = [Recorder.open(pair.streams[0]), Recorder.open(pair.streams[1])]
    client.stream.write(new Uint8Array([1, 2, 3]))
    await server.bytes(3)
    expect(server.received()).toStrictEqual(new Uint8Array([1, 2, 3]))
    client.stream.destroy()
    await server.closed()
    await pair.close()
  })

  it("reading: 'onread' is refused, and the message says what to do", async () => {
    await expect(listenTcp({ ...loopback, reading: 'onread' }, () => {})).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining("'auto'") as string,
    })
  })
})
