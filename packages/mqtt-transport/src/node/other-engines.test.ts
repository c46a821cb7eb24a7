import { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import type { ByteStreamHandler } from '../byte-stream.ts'
import { sharedOnReadOf } from './shared-read-buffer.ts'
import { SocketByteStream } from './socket-byte-stream.ts'
import { WsByteStream } from './ws-byte-stream.ts'

/** Where Bun and Deno differ from Node, played by Node. The nightly runs are on themselves. */
describe('on engines other than Node', () => {
  it('a read that is called back as a method of nothing, as on Bun, reaches its stream', () => {
    const { handler, seen } = recording()
    const socket = new Socket()
    new SocketByteStream(socket, { transport: 'tcp' }, { ...TLS, listensToData: false }).open(handler)
    const { callback } = sharedOnReadOf(() => socket)
    callback.call(undefined, 2, new Uint8Array([1, 2, 3]))
    expect(seen).toEqual(['1,2'])
    socket.destroy()
  })

  it('a TLS stream never writes nothing, which Deno fails with EPERM, and says when everything is gone', async () => {
    const { handler, seen } = recording()
    const written: number[] = []
    const finish: (() => void)[] = []
    const socket = new Duplex({
      read() {},
      write(chunk: Uint8Array, _encoding, done) {
        written.push(chunk.length)
        finish.push(done)
      },
    })
    const stream = new SocketByteStream(socket as Socket, { transport: 'tls' }, TLS)
    stream.open(handler)
    stream.write(new Uint8Array(3))
    stream.writeAll([new Uint8Array(4), new Uint8Array(5)])
    for (let number = 0; number < 3; number++) {
      expect(seen).toEqual([])
      finish[number]!()
      await new Promise(process.nextTick)
    }
    expect(written).toEqual([3, 4, 5])
    expect(seen).toEqual(['drain'])
    stream.destroy()
  })

  it('a WebSocket that shows no socket, as on Bun, is written to', () => {
    const sent: number[] = []
    const webSocket = Object.assign(new EventEmitter(), {
      readyState: 1,
      bufferedAmount: 0,
      pause() {},
      send: ({ length }: Uint8Array) => void sent.push(length),
    }) as unknown as WebSocket
    const habits = { maximumControlFramesPerSecond: Infinity, now: () => 0 }
    const stream = new WsByteStream(webSocket, undefined, { transport: 'ws' }, habits)
    expect(stream.writeAll([new Uint8Array(3), new Uint8Array(4)])).toBe(true)
    expect(sent).toEqual([3, 4])
  })
})

const TLS = { listensToData: true, copyUpToBytes: 16_384, takesEmptyWrites: false, writesDirectly: false }

const recording = (): { readonly handler: ByteStreamHandler; readonly seen: string[] } => {
  const seen: string[] = []
  const onData = (chunk: Uint8Array): void => void seen.push(chunk.join(','))
  return { seen, handler: { onData, onDrain: () => void seen.push('drain'), onClose() {} } }
}
