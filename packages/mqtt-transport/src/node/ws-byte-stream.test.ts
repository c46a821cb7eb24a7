import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, type ClientOptions } from 'ws'
import type { ByteStream } from '../byte-stream.ts'
import { Recorder } from '../testing/index.ts'
import { firstDifference, sequence } from '../testing/bytes.ts'
import { everything, HOST, Opened } from '../testing/loopback.ts'
import { requestText } from '../testing/upgrade.ts'
import { listenWs, type ListenWsOptions } from '../ws.ts'

const opened = new Opened()
afterEach(opened.close)

describe('an accepted WebSocket', () => {
  it('[MQTT-6.0.0-2 v3.1.1 v5.0] hostile #117: frames and fragments are a stream of bytes', async () => {
    const { webSocket, recorder } = await accept()
    webSocket.send(sequence(0, 10))
    webSocket.send(sequence(10, 300))
    for (let at = 310; at < 330; at += 5) webSocket.send(sequence(at, 5), { fin: at === 325 })
    webSocket.send(new Uint8Array(0))
    webSocket.send(sequence(330, 70_000))
    await recorder.bytes(70_330)
    expect(firstDifference(recorder.received())).toBe(-1)
    expect(recorder.violations).toStrictEqual([])
  })

  it('[MQTT-6.0.0-1 v3.1.1 v5.0] hostile #118: a text frame is answered with 1003, and nothing after it is read', async () => {
    const { webSocket, recorder } = await accept()
    webSocket.send('text')
    webSocket.send(sequence(0, 10))
    await expect(closeCode(webSocket)).resolves.toBe(1003)
    await recorder.closed()
    expect(recorder.closes).toMatchObject([{ clean: false, error: { code: 'WEBSOCKET_VIOLATION' } }])
    expect(recorder.receivedBytes).toBe(0)
  })

  it.each([
    { title: 'of one byte', bytes: sequence(0, 1) },
    { title: 'that are empty', bytes: new Uint8Array(0) },
  ])('hostile #119: endless fragments $title are ended with 1008', async ({ bytes }) => {
    const { webSocket, recorder } = await accept()
    const closed = closeCode(webSocket)
    for (let count = 0; count < 5_000; count++) webSocket.send(bytes, { fin: false })
    await expect(closed).resolves.toBe(1008)
    await recorder.closed()
    expect(recorder.closes).toMatchObject([{ clean: false, error: { code: 'WEBSOCKET_VIOLATION' } }])
    expect(recorder.receivedBytes).toBe(0)
  })

  it('a message beyond maximumPayloadBytes is ended with 1009, on its header', async () => {
    const { webSocket, recorder } = await accept({ maximumPayloadBytes: 1_000 })
    webSocket.send(sequence(0, 1_000))
    await recorder.bytes(1_000)
    webSocket.send(sequence(0, 1_001))
    await expect(closeCode(webSocket)).resolves.toBe(1009)
    await recorder.closed()
    expect(recorder.closes).toMatchObject([{ error: { code: 'WEBSOCKET_VIOLATION' } }])
  })

  it('hostile #121: an unmasked frame is ended with 1002', async () => {
    const { port, accepted } = await listen()
    const raw = await opened.rawTo(port)
    raw.write(requestText({}))
    const recorder = Recorder.open(await accepted)
    raw.write(new Uint8Array([0x82, 1, 7]))
    const answer = Buffer.from(await everything(raw), 'latin1')
    // A closing frame of the server: 0x88, length 2 or more, then the code.
    const frame = answer.subarray(answer.indexOf('\r\n\r\n') + 4)
    expect([frame[0], frame.readUInt16BE(2)]).toStrictEqual([0x88, 1002])
    await recorder.closed()
    expect(recorder.closes).toMatchObject([{ error: { code: 'WEBSOCKET_VIOLATION' } }])
  })

  it.each(['ping', 'pong'] as const)(
    'hostile #121: the 51st %s of a second ends the connection, a new second begins anew',
    async (kind) => {
      let time = 5_000
      const { webSocket, recorder } = await accept({ now: () => time })
      const flood = async (count: number): Promise<void> => {
        for (let sent = 0; sent < count; sent++) webSocket[kind]()
        // Data behind them tells that they were read.
        const before = recorder.receivedBytes
        webSocket.send(sequence(0, 1))
        await Promise.race([recorder.bytes(before + 1), recorder.closed()])
      }
      await flood(50)
      time += 1_000
      await flood(50)
      time += 999
      expect(recorder.closes).toStrictEqual([])
      await flood(1)
      await recorder.closed()
      expect(recorder.closes).toMatchObject([{ clean: false, error: { code: 'WEBSOCKET_VIOLATION' } }])
      await closeCode(webSocket)
    },
  )

  it('answers a ping', async () => {
    const { webSocket } = await accept()
    const pong = new Promise((resolve) => webSocket.once('pong', resolve))
    webSocket.ping('are you there')
    await expect(pong).resolves.toStrictEqual(Buffer.from('are you there'))
  })

  it.each([
    { code: 1000, clean: true, error: undefined },
    { code: 1001, clean: true, error: undefined },
    { code: undefined, clean: true, error: undefined },
    { code: 1011, clean: false, error: 'WEBSOCKET_CLOSED' },
  ])('a close with the code $code is clean: $clean', async ({ code, clean, error }) => {
    const { webSocket, recorder } = await accept()
    webSocket.close(code)
    await recorder.closed()
    expect(recorder.closes[0]?.clean).toBe(clean)
    expect(recorder.closes[0]?.error?.code).toBe(error)
  })

  it('a connection that breaks is CONNECTION_RESET', async () => {
    const { webSocket, recorder } = await accept()
    webSocket.terminate()
    await recorder.closed()
    expect(recorder.closes).toMatchObject([{ clean: false, error: { code: 'CONNECTION_RESET', phase: 'ws' } }])
  })

  it('frames that were read before a pause are kept, and come in one piece', async () => {
    const { webSocket, recorder } = await accept()
    recorder.onChunk = () => recorder.call(() => recorder.stream.pause())
    const parts = Array.from({ length: 1_000 }, (_, index) => sequence(index, 1))
    for (const part of parts) webSocket.send(part)
    await recorder.bytes(1)
    while (recorder.receivedBytes < 1_000) {
      recorder.call(() => recorder.stream.resume())
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(firstDifference(recorder.received())).toBe(-1)
    expect(recorder.chunks.length).toBeLessThan(1_000)
  })

  it('a pause while held bytes are handed over reaches the writer', async () => {
    const { webSocket, recorder } = await accept()
    recorder.onChunk = () => recorder.call(() => recorder.stream.pause())
    // Two frames in one segment: the second is held.
    webSocket.send(sequence(0, 1))
    webSocket.send(sequence(1, 1))
    await recorder.bytes(1)
    while (recorder.receivedBytes < 2) {
      recorder.call(() => recorder.stream.resume())
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (let sent = 0; sent < 32 * 1_048_576 && webSocket.bufferedAmount < 4 * 1_048_576; sent += 65_536) {
      webSocket.send(sequence(sent, 65_536))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(webSocket.bufferedAmount).toBeGreaterThan(1_048_576)
    expect(recorder.receivedBytes).toBe(2)
  })

  it('what is held of a closed connection comes before its onClose', async () => {
    const { webSocket, recorder } = await accept()
    recorder.onChunk = () => recorder.call(() => recorder.stream.pause())
    webSocket.send(sequence(0, 1))
    webSocket.send(sequence(1, 1))
    webSocket.close(1000)
    await recorder.bytes(1)
    await closeCode(webSocket)
    expect(recorder.calls).toStrictEqual(['data'])
    recorder.onChunk = undefined
    recorder.call(() => recorder.stream.resume())
    await recorder.closed()
    expect(recorder.calls).toStrictEqual(['data', 'data', 'close'])
    expect(recorder.closes).toStrictEqual([{ clean: true }])
  })

  it.each(['destroy', 'end'] as const)(
    '%s() of a paused stream whose peer has gone still closes it',
    async (action) => {
      const { webSocket, recorder } = await accept()
      recorder.onChunk = () => recorder.call(() => recorder.stream.pause())
      webSocket.send(sequence(0, 1))
      webSocket.send(sequence(1, 1))
      webSocket.close(1000)
      await closeCode(webSocket)
      // This side learns of it a few turns later.
      for (let count = 0; count < 50; count++) await new Promise((resolve) => setImmediate(resolve))
      recorder.call(() => recorder.stream[action]())
      await recorder.closed()
      expect(recorder.calls).toStrictEqual(['data', 'close'])
    },
  )
})

const listen = async (options: Partial<ListenWsOptions> = {}) => {
  let accept: (stream: ByteStream) => void = () => {}
  const accepted = new Promise<ByteStream>((resolve) => {
    accept = resolve
  })
  const listener = await listenWs({ host: HOST, port: 0, ...options }, (stream) => {
    opened.add(() => stream.destroy())
    accept(stream)
  })
  opened.add(() => listener.close())
  return { listener, accepted, port: listener.port }
}

/** A WebSocket of `ws` itself, which can send what our client never would, and the accepted stream. */
const accept = async (options: Partial<ListenWsOptions> = {}) => {
  const { port, accepted } = await listen(options)
  const settings: ClientOptions = { perMessageDeflate: false }
  const webSocket = new WebSocket(`ws://${HOST}:${port}/mqtt`, 'mqtt', settings)
  webSocket.on('error', () => {})
  opened.add(() => webSocket.terminate())
  await new Promise((resolve) => webSocket.once('open', resolve))
  return { webSocket, recorder: Recorder.open(await accepted) }
}

const closeCode = (webSocket: WebSocket): Promise<number> =>
  new Promise((resolve) => webSocket.once('close', (code) => resolve(code)))
