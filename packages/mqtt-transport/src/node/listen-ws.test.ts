import { request as httpRequest } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import type { ByteStream } from '../byte-stream.ts'
import { testCertificates } from '../testing/index.ts'
import { everything, HOST, Opened } from '../testing/loopback.ts'
import { requestText } from '../testing/upgrade.ts'
import { TransportError } from '../transport-error.ts'
import { connectWs, listenWs, type ListenWsOptions } from '../ws.ts'

const { authority, server, renewedServer, client } = testCertificates

const opened = new Opened()
afterEach(opened.close)

describe('the upgrade', () => {
  it.each([
    { offered: 'mqtt', agreed: 'mqtt' },
    { offered: 'mqttv3.1', agreed: 'mqttv3.1' },
    { offered: 'mqttv3.1, mqtt', agreed: 'mqtt' },
    { offered: 'chat, mqtt', agreed: 'mqtt' },
  ])(
    '[MQTT-6.0.0-3 v3.1.1 v5.0] [MQTT-6.0.0-4 v3.1.1 v5.0] hostile #116: offered $offered, the answer is $agreed',
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
    const raw = await opened.rawTo(port)
    raw.write(sent)
    await expect(everything(raw)).resolves.toMatch(/^HTTP\/1\.1 408 /)
  })

  it('a refused connection is closed from this side, even when the client keeps its half open', async () => {
    const { port } = await listen()
    const raw = await opened.rawTo(port, { allowHalfOpen: true })
    raw.write(requestText({}, '/other'))
    raw.resume()
    await new Promise((resolve) => raw.once('end', resolve))
    // Only a socket that is gone answers with a reset.
    const writing = setInterval(() => raw.write('x'), 5)
    await everything(raw)
    clearInterval(writing)
    expect(raw.destroyed).toBe(true)
  })

  it('close() cuts connections that have not been upgraded', async () => {
    const { listener, port } = await listen()
    const raw = await opened.rawTo(port)
    await connectedTo(port)
    await listener.close()
    // Not 408 after the time of the handshake.
    await expect(everything(raw)).resolves.toBe('')
  })

  it('hostile #120: compression is never agreed on', async () => {
    const { port } = await listen()
    const answer = await handshake(port, { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' })
    expect(answer).toMatch(/^HTTP\/1\.1 101 /)
    expect(answer).not.toMatch(/extensions/i)
  })

  it('no upgrade: bytes that are no HTTP end that connection alone', async () => {
    const { port } = await listen()
    const raw = await opened.rawTo(port)
    raw.write(new Uint8Array([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 0]))
    await expect(everything(raw)).resolves.toMatch(/^HTTP\/1\.1 400 /)
    await connectedTo(port)
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
    const slow = await opened.rawTo(port)
    slow.write(new Uint8Array([0x16]))
    await everything(slow)
    expect(errors).toMatchObject([{ code: 'TIMEOUT', phase: 'tls' }])
    const other = await opened.rawTo(port)
    await connect(`wss://localhost:${port}/mqtt`, { tls: { ca: authority } })
    await listener.close()
    await everything(other)
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

const connectedTo = (port: number): Promise<ByteStream> => connect(`ws://${HOST}:${port}/mqtt`)

/** Sends a request for an upgrade as it stands, and answers the head of what comes back. */
const handshake = async (
  port: number,
  headers: Readonly<Record<string, string | undefined>>,
  path?: string,
): Promise<string> => {
  const raw = await opened.rawTo(port)
  raw.write(requestText(headers, path))
  let answer = ''
  for await (const chunk of raw) {
    answer += (chunk as Buffer).toString('latin1')
    if (answer.includes('\r\n\r\n')) break
  }
  return answer
}
