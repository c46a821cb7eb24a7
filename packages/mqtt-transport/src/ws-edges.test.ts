import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { connect as connectRaw, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, type ClientOptions } from 'ws'
import type { ByteStream } from './byte-stream.ts'
import { loadWs } from './node/load-ws.ts'
import { Recorder, testCertificates } from './testing/index.ts'
import { firstDifference, sequence } from './testing/bytes.ts'
import { TransportError } from './transport-error.ts'
import { connectWs, listenWs, type ListenWsOptions } from './ws.ts'

const { authority, server, renewedServer, client } = testCertificates
const HOST = '127.0.0.1'

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

describe('the upgrade', () => {
  it.each([
    { offered: 'mqtt', agreed: 'mqtt' },
    { offered: 'mqttv3.1', agreed: 'mqttv3.1' },
    { offered: 'mqttv3.1, mqtt', agreed: 'mqtt' },
    { offered: 'chat, mqtt', agreed: 'mqtt' },
  ])(
    '[MQTT-6.0.0-3] [MQTT-6.0.0-4] hostile #116: offered $offered, the answer is $agreed',
    async ({ offered, agreed }) => {
      const { port, accepted } = await listen()
      const answer = await handshake(port, { 'Sec-WebSocket-Protocol': offered })
      expect(answer).toMatch(/^HTTP\/1\.1 101 /)
      expect(answer).toContain(`Sec-WebSocket-Protocol: ${agreed}\r\n`)
      expect((await accepted).peer).toMatchObject({ transport: 'ws', subprotocol: agreed, remoteAddress: HOST })
    },
  )

  it.each([
    { title: 'no subprotocol', headers: { 'Sec-WebSocket-Protocol': undefined }, status: 400 },
    { title: 'another subprotocol', headers: { 'Sec-WebSocket-Protocol': 'chat' }, status: 400 },
    { title: 'another case', headers: { 'Sec-WebSocket-Protocol': 'MQTT' }, status: 400 },
    { title: 'a broken list of subprotocols', headers: { 'Sec-WebSocket-Protocol': 'mqtt,,' }, status: 400 },
    { title: 'no key', headers: { 'Sec-WebSocket-Key': undefined }, status: 400 },
    { title: 'an old version', headers: { 'Sec-WebSocket-Version': '7' }, status: 400 },
    { title: 'another path', headers: {}, path: '/', status: 404 },
    { title: 'a longer path', headers: {}, path: '/mqtt/x', status: 404 },
    { title: 'another protocol to upgrade to', headers: { Upgrade: 'h2c' }, status: 400 },
  ])('hostile #116: $title is answered with $status and told to onError', async ({ headers, path, status }) => {
    const errors: TransportError[] = []
    const { port } = await listen({ onError: (error) => errors.push(error) })
    const answer = await handshake(port, headers, path)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer).toContain('Connection: close')
    expect(errors).toMatchObject([{ code: 'WEBSOCKET_REFUSED', phase: 'ws' }])
    await connectedTo(port)
  })

  it('takes a query behind the path, and a path of its own', async () => {
    const { port } = await listen({ path: '/other' })
    await expect(handshake(port, {}, '/other?a=/mqtt')).resolves.toMatch(/^HTTP\/1\.1 101 /)
    await expect(handshake(port, {}, '/mqtt')).resolves.toMatch(/^HTTP\/1\.1 404 /)
  })

  it.each([
    { origins: undefined, origin: 'https://anywhere.test', status: 101 },
    { origins: ['https://a.test'], origin: 'https://a.test', status: 101 },
    { origins: ['https://a.test'], origin: 'https://b.test', status: 403 },
    { origins: ['https://a.test'], origin: 'null', status: 403 },
    { origins: [], origin: 'https://a.test', status: 403 },
    { origins: ['https://a.test'], origin: undefined, status: 101 },
  ])('hostile #121: Origin $origin with the list $origins is answered with $status', async (example) => {
    const { origins, origin, status } = example
    const { port } = await listen({ origins })
    await expect(handshake(port, { Origin: origin })).resolves.toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  })

  it.each(['GET', 'POST'])('answers a plain %s with 426', async (method) => {
    const { port } = await listen()
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest({ host: HOST, port, path: '/mqtt', method }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.on('error', reject)
      request.end(method === 'POST' ? 'x'.repeat(100_000) : undefined)
    })
    expect(status).toBe(426)
  })

  it.each([
    { title: 'one header of 64 KiB', headers: { Cookie: 'x'.repeat(65_536) } },
    {
      title: '2,000 headers',
      headers: Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`H${index}`, 'x'])),
    },
  ])('hostile #116: $title are answered with 431', async ({ headers }) => {
    const { port } = await listen()
    await expect(handshake(port, headers)).resolves.toMatch(/^HTTP\/1\.1 431 /)
    await connectedTo(port)
  })

  it.each([
    { title: 'stops in its headers', sent: 'GET /mqtt HTTP/1.1\r\nHost: x\r\n' },
    { title: 'sends nothing at all', sent: '' },
  ])('hostile #116: a client that $title is answered with 408 in time', async ({ sent }) => {
    const { port } = await listen({ handshakeTimeoutMs: 100 })
    const raw = await rawTo(port)
    raw.write(sent)
    await expect(everything(raw)).resolves.toMatch(/^HTTP\/1\.1 408 /)
  })

  it('hostile #120: compression is never agreed on', async () => {
    const { port } = await listen()
    const answer = await handshake(port, { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' })
    expect(answer).toMatch(/^HTTP\/1\.1 101 /)
    expect(answer).not.toMatch(/extensions/i)
  })

  it('no upgrade: bytes that are no HTTP end that connection alone', async () => {
    const { port } = await listen()
    const raw = await rawTo(port)
    raw.write(new Uint8Array([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 0]))
    await expect(everything(raw)).resolves.toMatch(/^HTTP\/1\.1 400 /)
    await connectedTo(port)
  })
})

describe('an accepted WebSocket', () => {
  it('[MQTT-6.0.0-2] hostile #117: frames and fragments are a stream of bytes', async () => {
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

  it('[MQTT-6.0.0-1] hostile #118: a text frame is answered with 1003, and nothing after it is read', async () => {
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
    const raw = await rawTo(port)
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
    expect(recorder.closes[0]!.clean).toBe(clean)
    expect(recorder.closes[0]!.error?.code).toBe(error)
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
})

describe('a listener over TLS', () => {
  it('says who the client is, and reload() gives new connections the new certificate', async () => {
    const tls = { ...server, ca: authority, requireCertificate: true }
    const { port, listener, accepted } = await listen({ tls })
    expect(listener.url).toBe(`wss://${HOST}:${port}/mqtt`)
    const url = `wss://localhost:${port}/mqtt`
    const before = await connect(url, { tls: { ca: authority, ...client } })
    expect((await accepted).peer).toMatchObject({
      transport: 'wss',
      certificate: { commonName: 'device-1', authorized: true },
    })
    expect(() => listener.reload({ ca: '' })).toThrow(TransportError)
    listener.reload(renewedServer)
    const after = await connect(url, { tls: { ca: authority, ...client } })
    expect([before, after].map((stream) => stream.peer.certificate?.commonName)).toStrictEqual([
      'Godwit TEST ONLY server',
      'Godwit TEST ONLY renewed server',
    ])
  })

  it('without TLS there is nothing to reload', async () => {
    const { listener } = await listen()
    expect(() => listener.reload(server)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }) as Error)
  })

  it.each([
    { title: 'an empty CA', tls: { ...server, ca: '' } },
    { title: 'a key of another certificate', tls: { ...server, key: client.key } },
  ])('hostile #125: $title is an error at listen', async ({ tls }) => {
    await expect(listenWs({ host: HOST, port: 0, tls }, () => {})).rejects.toMatchObject({
      code: 'TLS_CONFIGURATION_INVALID',
    })
  })

  it('hostile #122: a TLS handshake that stalls is cut in time; close() cuts it at once', async () => {
    const errors: TransportError[] = []
    const { port, listener } = await listen({
      tls: server,
      handshakeTimeoutMs: 100,
      onError: (error) => errors.push(error),
    })
    const slow = await rawTo(port)
    slow.write(new Uint8Array([0x16]))
    await everything(slow)
    expect(errors).toMatchObject([{ code: 'TIMEOUT', phase: 'tls' }])
    const other = await rawTo(port)
    await connect(`wss://localhost:${port}/mqtt`, { tls: { ca: authority } })
    await listener.close()
    await everything(other)
  })
})

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
  ])('[MQTT-6.0.0-4] a server that answers with $title is WEBSOCKET_REFUSED', async ({ answer }) => {
    const port = await plainServer((socket, request) => socket.end(answer ?? upgradeWithoutSubprotocol(request)))
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
    const port = await plainServer(() => {})
    const error = await failure(connectWs(`ws://${HOST}:${port}/mqtt`, { connectTimeoutMs: 50 }))
    expect(error).toMatchObject({ code: 'TIMEOUT', phase: 'ws' })
  })

  it('a signal that fires in the middle of the upgrade ends it', async () => {
    const aborting = new AbortController()
    const port = await plainServer(() => aborting.abort())
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
    opened.push({ close: () => stream.destroy() })
    accept(stream)
  })
  opened.push(listener)
  return { listener, accepted, port: listener.port }
}

/** A WebSocket of `ws` itself, which can send what our client never would, and the accepted stream. */
const accept = async (options: Partial<ListenWsOptions> = {}) => {
  const { port, accepted } = await listen(options)
  const settings: ClientOptions = { perMessageDeflate: false }
  const webSocket = new WebSocket(`ws://${HOST}:${port}/mqtt`, 'mqtt', settings)
  webSocket.on('error', () => {})
  opened.push({ close: () => webSocket.terminate() })
  await new Promise((resolve) => webSocket.once('open', resolve))
  return { webSocket, recorder: Recorder.open(await accepted) }
}

const connect = async (...parameters: Parameters<typeof connectWs>): Promise<ByteStream> => {
  const stream = await connectWs(...parameters)
  opened.push({ close: () => stream.destroy() })
  return stream
}

const connectedTo = (port: number): Promise<ByteStream> => connect(`ws://${HOST}:${port}/mqtt`)

const closeCode = (webSocket: WebSocket): Promise<number> =>
  new Promise((resolve) => webSocket.once('close', (code) => resolve(code)))

const requestText = (headers: Readonly<Record<string, string | undefined>>, path = '/mqtt'): string => {
  const all: Record<string, string | undefined> = {
    Host: HOST,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': 'mqtt',
    ...headers,
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
  return [`GET ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n')
}

/** Sends a request for an upgrade as it stands, and answers the head of what comes back. */
const handshake = async (
  port: number,
  headers: Readonly<Record<string, string | undefined>>,
  path?: string,
): Promise<string> => {
  const raw = await rawTo(port)
  raw.write(requestText(headers, path))
  let answer = ''
  for await (const chunk of raw) {
    answer += (chunk as Buffer).toString('latin1')
    if (answer.includes('\r\n\r\n')) break
  }
  return answer
}

const rawTo = async (port: number): Promise<Socket> => {
  const raw = connectRaw({ host: HOST, port })
  raw.on('error', () => {})
  opened.push({ close: () => raw.destroy() })
  await new Promise((resolve) => raw.once('connect', resolve))
  return raw
}

/** All that a socket still receives, until it is closed. */
const everything = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
    })
    socket.once('close', () => resolve(text))
  })

/** Answers the first bytes of each connection. */
const plainServer = async (answer: (socket: Socket, request: string) => void): Promise<number> => {
  const plain = createServer((socket) => {
    opened.push({ close: () => socket.destroy() })
    socket.on('error', () => {}).once('data', (chunk: Buffer) => answer(socket, chunk.toString('latin1')))
  })
  await new Promise<void>((resolve) => plain.listen(0, HOST, resolve))
  opened.push(plain)
  return (plain.address() as AddressInfo).port
}

/** An upgrade that is right in all but the subprotocol. */
const upgradeWithoutSubprotocol = (request: string): string => {
  const key = /Sec-WebSocket-Key: (\S+)/i.exec(request)?.[1] ?? ''
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
}

const failure = async (attempt: Promise<unknown>): Promise<TransportError> => {
  const outcome = await attempt.then(
    () => new TypeError('it succeeded'),
    (error: unknown) => error,
  )
  if (TransportError.isInstance(outcome)) return outcome
  throw outcome
}
