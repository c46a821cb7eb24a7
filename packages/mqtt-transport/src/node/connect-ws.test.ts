import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { ByteStream } from '../byte-stream.ts'
import { Recorder, testCertificates } from '../testing/index.ts'
import { sequence } from '../testing/bytes.ts'
import { failure, HOST, Opened } from '../testing/loopback.ts'
import { connectWs, listenWs, type ListenWsOptions } from '../ws.ts'
import { loadWs } from './load-ws.ts'

const { server } = testCertificates

const opened = new Opened()
afterEach(opened.close)

describe('connectWs', () => {
  it.each([
    { title: 'another path', options: {}, path: '/other', text: 'HTTP 404' },
    {
      title: 'a subprotocol that the server does not know',
      options: { protocols: ['chat'] },
      path: '/mqtt',
      text: 'HTTP 400',
    },
    {
      title: 'an origin that it does not like',
      options: { headers: { origin: 'https://b.test' } },
      path: '/mqtt',
      text: '403',
    },
  ])('is refused with $title: WEBSOCKET_REFUSED, with the status', async ({ options, path, text }) => {
    const { port } = await listen({ origins: ['https://a.test'] })
    const error = await failure(connectWs(`ws://${HOST}:${port}${path}`, options))
    expect(error).toMatchObject({ code: 'WEBSOCKET_REFUSED', phase: 'ws' })
    expect(error.message).toContain(text)
    expect(error.message).toContain(`ws://${HOST}:${port}${path}`)
  })

  it.each([
    { title: 'no HTTP', answer: '\x20\x02\x00\x00' },
    { title: 'no subprotocol', answer: undefined },
  ])('[MQTT-6.0.0-4 v3.1.1 v5.0] a server that answers with $title is WEBSOCKET_REFUSED', async ({ answer }) => {
    const port = await opened.plainServer((socket, request) => socket.end(answer ?? upgradeWithoutSubprotocol(request)))
    await expect(failure(connectWs(`ws://${HOST}:${port}/mqtt`))).resolves.toMatchObject({ code: 'WEBSOCKET_REFUSED' })
  })

  it('sends headers, and takes another subprotocol', async () => {
    const { port, accepted } = await listen({ origins: ['https://a.test'] })
    const stream = await connect(`ws://${HOST}:${port}/mqtt`, {
      headers: { origin: 'https://a.test' },
      protocols: ['mqttv3.1'],
    })
    expect([stream.peer.subprotocol, (await accepted).peer.subprotocol]).toStrictEqual(['mqttv3.1', 'mqttv3.1'])
  })

  it('verifies certificates by default', async () => {
    const { port } = await listen({ tls: server })
    await expect(failure(connectWs(`wss://localhost:${port}/mqtt`))).resolves.toMatchObject({
      code: 'TLS_FAILED',
      phase: 'tls',
    })
    await connect(`wss://localhost:${port}/mqtt`, { tls: { rejectUnauthorized: false } })
  })

  it.each(['http//x', 'mqtt://127.0.0.1', 'ws://127.0.0.1/#fragment'])('rejects %s as INVALID_OPTION', async (url) => {
    await expect(failure(connectWs(url))).resolves.toMatchObject({ code: 'INVALID_OPTION' })
  })

  it('gives up in time', async () => {
    const port = await opened.plainServer(() => {})
    const error = await failure(connectWs(`ws://${HOST}:${port}/mqtt`, { connectTimeoutMs: 50 }))
    expect(error).toMatchObject({ code: 'TIMEOUT', phase: 'ws' })
  })

  it('a signal that fires in the middle of the upgrade ends it', async () => {
    const aborting = new AbortController()
    const port = await opened.plainServer(() => aborting.abort())
    const error = await failure(connectWs(`ws://${HOST}:${port}/mqtt`, { signal: aborting.signal }))
    expect(error.code).toBe('ABORTED')
  })

  it('a message beyond maximumPayloadBytes ends the stream', async () => {
    const { port, accepted } = await listen()
    const recorder = Recorder.open(await connect(`ws://${HOST}:${port}/mqtt`, { maximumPayloadBytes: 10 }))
    const stream = await accepted
    stream.open(new Recorder(stream))
    stream.write(sequence(0, 11))
    await recorder.closed()
    expect(recorder.closes).toMatchObject([{ clean: false, error: { code: 'WEBSOCKET_VIOLATION' } }])
  })

  it('without the package ws it says what to install', async () => {
    const missing = loadWs(() => Promise.reject(new TypeError("Cannot find package 'ws'")))
    const error = await failure(missing)
    expect(error).toMatchObject({
      code: 'WS_NOT_INSTALLED',
      phase: 'ws',
      cause: { message: "Cannot find package 'ws'" },
    })
    expect(error.message).toContain('npm install ws')
  })
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

const connect = async (...parameters: Parameters<typeof connectWs>): Promise<ByteStream> => {
  const stream = await connectWs(...parameters)
  opened.add(() => stream.destroy())
  return stream
}

/** An upgrade that is right in all but the subprotocol. */
const upgradeWithoutSubprotocol = (request: string): string => {
  const key = /Sec-WebSocket-Key: (\S+)/i.exec(request)?.[1] ?? ''
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
}
