import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket as WsWebSocket } from 'ws'
import type { TransportError } from './transport-error.ts'
import { byteStreamCompliance, Recorder } from './testing/index.ts'
import { pairOf } from './testing/socket-pair.ts'
import { connectPlainWebSocket, connectWebSocket } from './web-socket.ts'
import { listenWs } from './ws.ts'

const native: unknown = Reflect.get(globalThis, 'WebSocket')
const implementations = [{ name: 'the class of ws', implementation: WsWebSocket as unknown }]
// From Node 22.
if (native !== undefined) implementations.push({ name: "Node's own", implementation: native })

for (const { name, implementation } of implementations) {
  describe(name, () => {
    beforeAll(() => vi.stubGlobal('WebSocket', implementation))

    byteStreamCompliance(
      `web, ${name}`,
      () =>
        pairOf(
          (onStream) => listenWs({ host: '127.0.0.1', port: 0 }, onStream),
          ({ url }) => connectWebSocket(url),
        ),
      { pauseReachesWriter: false },
    )

    it('rejects with WEBSOCKET_REFUSED where nothing listens, and names the URL', async () => {
      const listener = await listenWs({ host: '127.0.0.1', port: 0 }, () => {})
      await listener.close()
      const error = await connectWebSocket(listener.url).catch((reason: unknown) => reason as TransportError)
      expect(error).toMatchObject({ code: 'WEBSOCKET_REFUSED', phase: 'ws' })
      expect((error as TransportError).message).toContain(listener.url)
    })

    it('rejects with WEBSOCKET_REFUSED when the server knows none of the subprotocols', async () => {
      const listener = await listenWs({ host: '127.0.0.1', port: 0 }, () => {})
      await expect(connectWebSocket(listener.url, { protocols: ['chat'] })).rejects.toMatchObject({
        code: 'WEBSOCKET_REFUSED',
      })
      await listener.close()
    })

    it('connectPlainWebSocket is the same without what a client does not need', async () => {
      const listener = await listenWs({ host: '127.0.0.1', port: 0 }, (stream) => {
        Recorder.open(stream).onChunk = (chunk) => void stream.write(chunk.slice())
      })
      const stream = await connectPlainWebSocket(listener.url)
      const heard = new Promise<Uint8Array>((resolve) => {
        stream.open({ onData: (chunk) => resolve(chunk.slice()), onDrain: () => {}, onClose: () => {} })
      })
      stream.write(Uint8Array.of(1, 2, 3))
      expect(await heard).toEqual(Uint8Array.of(1, 2, 3))
      expect(stream).not.toHaveProperty('peer')
      stream.destroy()
      await listener.close()
    })

    it('rejects with INVALID_OPTION for something that is no URL', async () => {
      await expect(connectWebSocket('mqtt over there')).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    })
  })
}

describe('connectWebSocket over a page that plays', () => {
  beforeEach(() => vi.stubGlobal('WebSocket', FakeWebSocket))
  afterEach(() => vi.unstubAllGlobals())

  it('[MQTT-6.0.0-3 v3.1.1 v5.0] offers mqtt, binary, and says what was agreed on', async () => {
    const { socket, stream } = await connected()
    expect(socket).toMatchObject({ url: 'wss://example.org/mqtt', protocols: ['mqtt'], binaryType: 'arraybuffer' })
    expect(stream.peer).toStrictEqual({ transport: 'wss', subprotocol: 'mqtt' })
  })

  it('[MQTT-6.0.0-4 v3.1.1 v5.0] refuses a server that chose no subprotocol although the page lets it pass', async () => {
    const attempt = connectWebSocket('ws://example.org/mqtt')
    const socket = FakeWebSocket.latest()
    socket.protocol = ''
    socket.opens()
    await expect(attempt).rejects.toMatchObject({ code: 'WEBSOCKET_REFUSED' })
    expect(socket.closedWith).toStrictEqual([undefined])
  })

  it('survives a platform that reports an error inside of close()', async () => {
    const attempt = connectWebSocket('ws://example.org/mqtt')
    const socket = FakeWebSocket.latest()
    socket.onClosing = () => socket.onerror?.({ message: 'closed while connecting' })
    socket.onerror?.({ message: 'refused' })
    await expect(attempt).rejects.toThrow('refused')
    expect(socket.closedWith).toStrictEqual([undefined])
  })

  it('[MQTT-6.0.0-1 v3.1.1 v5.0] hostile #118: a text frame ends the stream', async () => {
    const { socket, recorder } = await connected()
    socket.onmessage?.({ data: 'text' })
    socket.onmessage?.({ data: new Uint8Array([1]).buffer })
    await recorder.closed()
    expect(recorder.closes[0]).toMatchObject({ clean: false, error: { code: 'WEBSOCKET_VIOLATION' } })
    expect(recorder.calls).toStrictEqual(['close'])
    expect(socket.closedWith).toStrictEqual([4003])
  })

  it.each([
    { code: 1000, clean: true, error: undefined },
    { code: 1001, clean: true, error: undefined },
    { code: 1005, clean: true, error: undefined },
    { code: 1006, clean: false, error: 'CONNECTION_RESET' },
    { code: 1009, clean: false, error: 'WEBSOCKET_CLOSED' },
  ])('the closing code $code is clean: $clean', async ({ code, clean, error }) => {
    const { socket, recorder } = await connected()
    socket.onclose?.({ code, reason: 'because' })
    await recorder.closed()
    expect(recorder.closes).toMatchObject([{ clean }])
    expect(recorder.closes[0]?.error?.code).toBe(error)
  })

  it('looks at bufferedAmount until it is 0, and then calls onDrain once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    try {
      const { socket, stream, recorder } = await connected()
      socket.bufferedAmount = 10
      stream.write(new Uint8Array(5))
      stream.write(new Uint8Array(5))
      expect(stream.bufferedBytes).toBe(10)
      vi.advanceTimersByTime(10)
      expect(recorder.calls).toStrictEqual([])
      socket.bufferedAmount = 0
      vi.advanceTimersByTime(10)
      expect(recorder.calls).toStrictEqual(['drain'])
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('destroy() does not wait for the page', async () => {
    const { socket, stream, recorder } = await connected()
    stream.destroy()
    await recorder.closed()
    expect(recorder.closes).toStrictEqual([{ clean: false }])
    socket.onclose?.({ code: 1006, reason: '' })
    expect(recorder.closes).toHaveLength(1)
  })

  it('a signal ends an attempt, before it and during it', async () => {
    const cause = new TypeError('enough')
    const early = connectWebSocket('ws://example.org/', { signal: AbortSignal.abort(cause) })
    await expect(early).rejects.toMatchObject({ code: 'ABORTED', cause })
    const during = new AbortController()
    const attempt = connectWebSocket('ws://example.org/', { signal: during.signal })
    during.abort(cause)
    await expect(attempt).rejects.toMatchObject({ code: 'ABORTED', cause })
    expect(FakeWebSocket.latest().closedWith).toStrictEqual([undefined])
  })

  it('says so where the platform has no WebSocket', async () => {
    vi.stubGlobal('WebSocket', undefined)
    await expect(connectWebSocket('ws://example.org/')).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
  })

  const connected = async () => {
    const attempt = connectWebSocket('wss://example.org/mqtt')
    const socket = FakeWebSocket.latest()
    socket.opens()
    const stream = await attempt
    return { socket, stream, recorder: Recorder.open(stream) }
  }
})

class FakeWebSocket {
  static #latest: FakeWebSocket | undefined
  readonly url: string
  readonly protocols: string[]
  readonly closedWith: (number | undefined)[] = []
  binaryType = 'blob'
  protocol = 'mqtt'
  readyState = 0
  bufferedAmount = 0
  onClosing: (() => void) | undefined
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null
  onerror: ((event: { message?: string }) => void) | null = null

  constructor(url: string, protocols: string[]) {
    this.url = url
    this.protocols = protocols
    FakeWebSocket.#latest = this
  }

  static latest(): FakeWebSocket {
    return FakeWebSocket.#latest!
  }

  opens(): void {
    this.readyState = 1
    this.onopen?.()
  }

  send(): void {}

  close(code?: number): void {
    this.closedWith.push(code)
    this.onClosing?.()
  }
}
