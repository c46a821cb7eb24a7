import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect as connectRawTls } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import type { ByteStream } from './byte-stream.ts'
import { connectTcp, listenTcp } from './tcp.ts'
import { Recorder, testCertificates } from './testing/index.ts'
import { sequence } from './testing/bytes.ts'
import { everything, failure, HOST, Opened } from './testing/loopback.ts'
import { connectTls, listenTls, type ConnectTlsOptions, type ListenTlsOptions } from './tls.ts'
import { TransportError } from './transport-error.ts'

const { authority, server, renewedServer, expiredServer, client, otherAuthority, stranger } = testCertificates

const opened = new Opened()
afterEach(opened.close)

describe('connectTls', () => {
  it.each([
    { title: 'an unknown authority', serves: server, options: {}, reason: /certificate/i },
    { title: 'another authority', serves: server, options: { ca: otherAuthority }, reason: /certificate|signature/i },
    { title: 'an expired certificate', serves: expiredServer, options: { ca: authority }, reason: /expired/i },
    { title: 'another name', serves: server, options: { ca: authority, servername: 'b.test' }, reason: /b\.test/ },
  ])('refuses by default: $title', async ({ serves, options, reason }) => {
    const { port } = await listen(serves)
    const error = await failure(connectTls({ host: 'localhost', port, ...options }))
    expect(error).toMatchObject({ code: 'TLS_FAILED', phase: 'tls' })
    expect(error.message).toMatch(reason)
    expect(error.message).toContain(`localhost:${port}`)
  })

  it('accepts anything when told so, and says that nothing was proven', async () => {
    const { port } = await listen(server)
    const stream = await connect({ port, rejectUnauthorized: false })
    expect(stream.peer.certificate).toMatchObject({ authorized: false, commonName: 'Godwit TEST ONLY server' })
  })

  it('verifies an address by the address in the certificate', async () => {
    const { port } = await listen(server)
    const stream = await connect({ host: HOST, port, ca: authority })
    const { fingerprint256 } = new X509Certificate(server.cert)
    expect(stream.peer).toMatchObject({ transport: 'tls', certificate: { authorized: true, fingerprint256 } })
  })

  it.each([
    { title: 'an empty ca', options: { ca: '' }, text: 'ca holds no certificate' },
    { title: 'a torn ca', options: { ca: [authority, authority.replace('MII', 'MIX')] }, text: 'certificate 1 in ca' },
    { title: 'a key of another', options: { cert: client.cert, key: stranger.key }, text: 'cannot be used' },
  ])('rejects $title before it connects', async ({ options, text }) => {
    const error = await failure(connectTls({ host: HOST, port: 9, ...options }))
    expect(error).toMatchObject({ code: 'TLS_CONFIGURATION_INVALID', phase: 'tls' })
    expect(error.message).toContain(text)
  })

  it('gives up in time on a server that never answers, and says that it was in TLS', async () => {
    const silent = await listenTcp({ host: HOST, port: 0 }, (stream) => Recorder.open(stream))
    opened.add(() => silent.close())
    const error = await failure(connectTls({ host: HOST, port: silent.port, connectTimeoutMs: 50 }))
    expect(error).toMatchObject({ code: 'TIMEOUT', phase: 'tls' })
  })

  it.each([
    { answer: [0x20, 2, 0, 1, 0x20, 2, 0, 1], code: 'TLS_FAILED' },
    { answer: [], code: 'CONNECTION_RESET' },
  ])(
    'hostile #122: a plain port that answers the ClientHello with $answer is $code in TLS',
    async ({ answer, code }) => {
      const port = await opened.plainServer((socket) => socket.end(new Uint8Array(answer)))
      await expect(failure(connectTls({ host: HOST, port }))).resolves.toMatchObject({ code, phase: 'tls' })
    },
  )

  it('a signal that fires in the middle of the handshake ends it', async () => {
    const aborting = new AbortController()
    const port = await opened.plainServer(() => aborting.abort())
    const error = await failure(connectTls({ host: HOST, port, signal: aborting.signal }))
    expect(error).toMatchObject({ code: 'ABORTED', phase: 'tls' })
  })
})

describe('listenTls', () => {
  it('says who the client is', async () => {
    const { port, accepted } = await listen({ ...server, ca: authority, requireCertificate: true })
    await connect({ port, ca: authority, ...client })
    const { fingerprint256 } = new X509Certificate(client.cert)
    expect((await accepted).peer).toMatchObject({
      transport: 'tls',
      remoteAddress: HOST,
      certificate: { commonName: 'device-1', fingerprint256, authorized: true },
    })
  })

  it.each([
    { title: 'none', shows: {}, certificate: undefined },
    { title: 'one of a stranger', shows: stranger, certificate: { commonName: 'stranger', authorized: false } },
  ])('without requireCertificate a client may show $title', async ({ shows, certificate }) => {
    const { port, accepted } = await listen({ ...server, ca: authority })
    await connect({ port, ca: authority, ...shows })
    const { peer } = await accepted
    if (certificate === undefined) expect(peer).not.toHaveProperty('certificate')
    else expect(peer.certificate).toMatchObject(certificate)
  })

  it.each([
    { title: 'none', shows: {} },
    { title: 'one of a stranger', shows: stranger },
  ])(
    'hostile #125: with requireCertificate a client that shows $title is refused, and the listener goes on',
    async ({ shows }) => {
      const errors: TransportError[] = []
      let streams = 0
      const listener = await listenTls(
        {
          host: HOST,
          port: 0,
          ...server,
          ca: authority,
          requireCertificate: true,
          onError: (error) => errors.push(error),
        },
        (stream) => {
          streams++
          stream.destroy()
        },
      )
      opened.add(() => listener.close())
      // In TLS 1.3 the client is done before the server judges its certificate: then its stream ends.
      await connectTls({ host: 'localhost', port: listener.port, ca: authority, ...shows }).then(
        (stream) => Recorder.open(stream).closed(),
        (error: unknown) => expect(error).toBeInstanceOf(TransportError),
      )
      expect(streams).toBe(0)
      const good = Recorder.open(await connectTls({ host: 'localhost', port: listener.port, ca: authority, ...client }))
      await good.closed()
      expect(streams).toBe(1)
      expect(errors).toMatchObject([{ code: 'TLS_FAILED', phase: 'tls' }])
      expect(errors[0]?.message).toMatch(/^a TLS handshake on mqtts:.*certificate/)
    },
  )

  it('hostile #123: a client that renegotiates is cut', async () => {
    const { port, accepted } = await listen(server)
    const raw = connectRawTls({ host: HOST, port, ca: authority, servername: 'localhost', maxVersion: 'TLSv1.2' })
    opened.add(() => raw.destroy())
    raw.on('error', () => {})
    raw.resume()
    const recorder = Recorder.open(await accepted)
    if (!raw.authorized) await once(raw, 'secureConnect')
    raw.renegotiate({}, () => {})
    await recorder.closed()
    expect(recorder.closes).toMatchObject([{ clean: false, error: { phase: 'tls' } }])
    expect(recorder.closes[0]?.error?.cause).toMatchObject({ code: 'ERR_TLS_RENEGOTIATION_DISABLED' })
  })

  it.each([
    { title: 'sends nothing', bytes: [] },
    { title: 'stops in the middle of its ClientHello', bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01] },
  ])('hostile #122: a client that $title is cut in time', async ({ bytes }) => {
    const { errors, raw } = await stalled(100)
    raw.write(new Uint8Array(bytes))
    await everything(raw)
    expect(errors).toMatchObject([{ code: 'TIMEOUT', phase: 'tls' }])
  })

  it('hostile #122: a byte now and then does not prolong the handshake', async () => {
    const { errors, raw } = await stalled(150)
    let sent = 0
    const dripping = setInterval(() => raw.write(new Uint8Array([[0x16, 0x03, 0x01, 0x02][sent++] ?? 0])), 20)
    await everything(raw)
    clearInterval(dripping)
    expect(sent).toBeGreaterThan(1)
    expect(errors).toMatchObject([{ code: 'TIMEOUT' }])
  })

  it('a connection that is done is not cut by the time of its handshake', async () => {
    const { port, accepted } = await listen({ ...server, handshakeTimeoutMs: 100 })
    const stream = await connect({ port, ca: authority })
    const recorders = [Recorder.open(stream), Recorder.open(await accepted)] as const
    const later = await stalledAt(port)
    // It came later, so its time ends later.
    await everything(later)
    recorders[0].stream.write(sequence(0, 10))
    await recorders[1].bytes(10)
    expect(recorders[0].closes).toStrictEqual([])
  })

  it('hostile #122: a plain CONNECT on the TLS port ends that connection alone', async () => {
    const errors: TransportError[] = []
    const { port } = await listen({ ...server, onError: (error) => errors.push(error) })
    const plain = Recorder.open(await connectTcp({ host: HOST, port }))
    plain.stream.write(new Uint8Array([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 0]))
    await plain.closed()
    expect(errors).toMatchObject([{ code: 'TLS_FAILED', phase: 'tls' }])
    await connect({ port, ca: authority })
  })

  it.each(['x'.repeat(255), 'a..b', '-', '%00'])(
    'hostile #124: the odd server name %s does no harm',
    async (servername) => {
      const { port } = await listen(server)
      const raw = connectRawTls({ host: HOST, port, servername, rejectUnauthorized: false })
      raw.on('error', () => {})
      await new Promise((resolve) => raw.once('secureConnect', resolve).once('close', resolve))
      raw.destroy()
      await connect({ port, ca: authority })
    },
  )

  it('agrees on a protocol by ALPN', async () => {
    const { port } = await listen({ ...server, alpnProtocols: ['mqtt'] })
    const raw = connectRawTls({ host: 'localhost', port, ca: authority, ALPNProtocols: ['x', 'mqtt'] })
    await new Promise((resolve) => raw.once('secureConnect', resolve))
    expect(raw.alpnProtocol).toBe('mqtt')
    raw.destroy()
    await expect(connect({ port, ca: authority, alpnProtocols: ['mqtt'] })).resolves.toHaveProperty('peer')
  })

  it.each([
    { title: 'an empty CA file', options: { ...server, ca: '' }, text: 'ca holds no certificate' },
    { title: 'an empty CA file among others', options: { ...server, ca: [authority, ''] }, text: 'ca holds no' },
    { title: 'a torn CA', options: { ...server, ca: authority.replace('MII', 'MIX') }, text: 'malformed' },
    { title: 'no CA to require by', options: { ...server, requireCertificate: true }, text: 'requireCertificate' },
    { title: 'an empty certificate', options: { ...server, cert: '' }, text: 'cert holds no certificate' },
    { title: 'a key where the certificate belongs', options: { ...server, cert: server.key }, text: 'cert holds no' },
    { title: 'an empty key', options: { ...server, key: '' }, text: 'cannot be used' },
    { title: 'a key of another certificate', options: { ...server, key: client.key }, text: 'cannot be used' },
  ])('hostile #125: $title is an error at listen, every time', async ({ options, text }) => {
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await failure(listenTls({ host: HOST, port: 0, ...options }, () => {}))
      expect(error).toMatchObject({ code: 'TLS_CONFIGURATION_INVALID', phase: 'tls' })
      expect(error.message).toContain(text)
    }
  })

  it('takes certificates as bytes too', async () => {
    const bytes = { cert: Buffer.from(server.cert), key: new Uint8Array(Buffer.from(server.key)) }
    const { port } = await listen({ ...bytes, ca: Buffer.from(authority) })
    await connect({ port, ca: [Buffer.from(otherAuthority), Buffer.from(authority)] })
  })

  it('reload() gives new connections the new certificate, and open ones go on', async () => {
    const { port, accepted, listener } = await listen(server)
    const before = Recorder.open(await connect({ port, ca: authority }))
    const peer = Recorder.open(await accepted)
    listener.reload(renewedServer)
    const after = await connect({ port, ca: authority })
    const names = [before.stream, after].map((stream) => stream.peer.certificate?.commonName)
    expect(names).toStrictEqual(['Godwit TEST ONLY server', 'Godwit TEST ONLY renewed server'])
    before.stream.write(sequence(0, 10))
    await peer.bytes(10)
  })

  it('reload() with something unusable throws and changes nothing', async () => {
    const { port, listener } = await listen({ ...server, ca: authority, requireCertificate: true })
    for (const bad of [{ cert: renewedServer.cert }, { ca: '' }, { key: 'nonsense' }]) {
      expect(() => listener.reload(bad)).toThrow(TransportError)
    }
    const stream = await connect({ port, ca: authority, ...client })
    expect(stream.peer.certificate?.commonName).toBe('Godwit TEST ONLY server')
    // What is not given stays: the authority of clients too.
    listener.reload(renewedServer)
    await connect({ port, ca: authority, ...client })
  })

  it('close() cuts handshakes that are under way', async () => {
    const { port, listener } = await listen(server)
    const raw = await stalledAt(port)
    raw.write(new Uint8Array([0x16]))
    await connect({ port, ca: authority })
    await listener.close()
    await everything(raw)
  })
})

const listen = async (options: Omit<ListenTlsOptions, 'host' | 'port'>) => {
  let accept: (stream: ByteStream) => void = () => {}
  const accepted = new Promise<ByteStream>((resolve) => {
    accept = resolve
  })
  const listener = await listenTls({ host: HOST, port: 0, ...options }, (stream) => {
    opened.add(() => stream.destroy())
    accept(stream)
  })
  opened.add(() => listener.close())
  return { listener, accepted, port: listener.port }
}

const connect = async (options: Omit<ConnectTlsOptions, 'host'> & { host?: string }): Promise<ByteStream> => {
  const stream = await connectTls({ host: 'localhost', ...options })
  opened.add(() => stream.destroy())
  return stream
}

const stalled = async (handshakeTimeoutMs: number) => {
  const errors: TransportError[] = []
  const { port } = await listen({ ...server, handshakeTimeoutMs, onError: (error) => errors.push(error) })
  return { errors, raw: await stalledAt(port) }
}

const stalledAt = async (port: number): Promise<Socket> => (await opened.rawTo(port)).resume()
