import { describe, expect, it } from 'vitest'
import type { AbortSignalLike } from '../abort.ts'
import type { ByteStream } from '../byte-stream.ts'
import type { Listener, OnStream } from '../listener.ts'
import { TransportError } from '../transport-error.ts'
import { sequence } from './bytes.ts'
import { failure, HOST } from './loopback.ts'
import { Recorder } from './recorder.ts'

/** A transport as its listener and its way to connect. */
export interface ListenerFactory {
  listen(
    options: { readonly host: string; readonly port: number; readonly maximumConnections?: number },
    onStream: OnStream,
  ): Promise<Listener>
  connect(
    target: { readonly host: string; readonly port: number },
    options?: { readonly signal?: AbortSignalLike; readonly connectTimeoutMs?: number },
  ): Promise<ByteStream>
}

/** The rules of `Listener`, and of connecting to one, as tests. Call it at the top level of a vitest file. */
export const listenerCompliance = (name: string, { listen, connect }: ListenerFactory): void => {
  describe(`listener: ${name}`, () => {
    it('says the port that it really has, and streams say where they were accepted', async () => {
      const accepted = new Mailbox<ByteStream>()
      const listener = await listen({ host: HOST, port: 0 }, accepted.put)
      const client = await connect({ host: HOST, port: listener.port })
      const server = await accepted.take()
      expect(listener.port).toBeGreaterThan(0)
      expect(listener.url).toContain(`://${HOST}:${listener.port}`)
      expect(server.peer).toMatchObject({ remoteAddress: HOST, listener: listener.url })
      expect(client.peer).toMatchObject({ remoteAddress: HOST, remotePort: listener.port })
      await finish(listener, client, server)
    })

    it("a name that leads to IPv6 first reaches a listener on IPv4: 'localhost'", async () => {
      const accepted = new Mailbox<ByteStream>()
      const listener = await listen({ host: HOST, port: 0 }, accepted.put)
      const client = await connect({ host: 'localhost', port: listener.port })
      await finish(listener, client, await accepted.take())
    })

    it('close() frees the port at once and leaves open streams to their owner', async () => {
      const accepted = new Mailbox<ByteStream>()
      const listener = await listen({ host: HOST, port: 0 }, accepted.put)
      const client = Recorder.open(await connect({ host: HOST, port: listener.port }))
      const server = Recorder.open(await accepted.take())
      await listener.close()
      await listener.close()
      await expect(codeOf(connect({ host: HOST, port: listener.port }))).resolves.toBe('CONNECTION_REFUSED')
      const again = await listen({ host: HOST, port: listener.port }, accepted.put)
      client.stream.write(sequence(0, 100))
      await server.bytes(100)
      server.stream.write(sequence(0, 100))
      await client.bytes(100)
      await finish(again, client.stream, server.stream)
    })

    it('an occupied port is ADDRESS_IN_USE, and the message names it', async () => {
      const listener = await listen({ host: HOST, port: 0 }, () => {})
      const error = await failure(listen({ host: HOST, port: listener.port }, () => {}))
      expect(error).toMatchObject({ code: 'ADDRESS_IN_USE', phase: 'tcp' })
      expect(error.message).toContain(`${HOST}:${listener.port}`)
      await listener.close()
    })

    it.each([
      { host: '203.0.113.1', port: 0, code: 'ADDRESS_NOT_AVAILABLE' },
      { host: 'no-such-host.invalid', port: 0, code: /^HOST_(NOT_FOUND|LOOKUP_FAILED)$/ },
      { host: HOST, port: 65_536, code: 'INVALID_OPTION' },
    ])('listening on $host:$port is refused with $code', async ({ host, port, code }) => {
      const error = await failure(listen({ host, port }, () => {}))
      expect(error.code).toMatch(code)
      expect(error.message).toContain(`${host}:${port}`)
    })

    it('a port where nothing listens is CONNECTION_REFUSED, and the message names host and port', async () => {
      const listener = await listen({ host: HOST, port: 0 }, () => {})
      await listener.close()
      const error = await failure(connect({ host: 'localhost', port: listener.port }))
      expect(error).toMatchObject({ code: 'CONNECTION_REFUSED', phase: 'tcp' })
      expect(error.message).toContain(`localhost:${listener.port}`)
    })

    it('an unknown host fails in the phase dns', async () => {
      const error = await failure(connect({ host: 'no-such-host.invalid', port: 1883 }))
      expect(error.code).toMatch(/^HOST_(NOT_FOUND|LOOKUP_FAILED)$/)
      expect(error.phase).toBe('dns')
    })

    it('a signal ends an attempt, before it and during it', async () => {
      const early = AbortSignal.abort(new TypeError('enough'))
      const error = await failure(connect({ host: HOST, port: 9 }, { signal: early }))
      expect(error).toMatchObject({ code: 'ABORTED', cause: early.reason })
      const during = new AbortController()
      const attempt = failure(connect({ host: HOST, port: 9 }, { signal: during.signal }))
      during.abort()
      expect((await attempt).code).toBe('ABORTED')
    })

    it('cuts connections beyond maximumConnections, and takes new ones when old ones have gone', async () => {
      const accepted = new Mailbox<ByteStream>()
      const listener = await listen({ host: HOST, port: 0, maximumConnections: 1 }, accepted.put)
      const first = Recorder.open(await connect({ host: HOST, port: listener.port }))
      const server = Recorder.open(await accepted.take())
      await expect(refusedOrClosed(connect({ host: HOST, port: listener.port }))).resolves.toBe(true)
      first.stream.destroy()
      await server.closed()
      const second = await connect({ host: HOST, port: listener.port })
      await finish(listener, second, await accepted.take())
    })
  })
}

/** Hands values from a callback to those who wait for them. */
class Mailbox<Value> {
  readonly #values: Value[] = []
  readonly #waiting: ((value: Value) => void)[] = []

  readonly put = (value: Value): void => {
    const next = this.#waiting.shift()
    if (next === undefined) this.#values.push(value)
    else next(value)
  }

  take(): Promise<Value> {
    const value = this.#values.shift()
    return value === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(value)
  }
}

const codeOf = async (attempt: Promise<unknown>): Promise<string> => (await failure(attempt)).code

/** A kernel accepts before the listener can refuse: the client may see a connection that ends at once. */
const refusedOrClosed = async (attempt: Promise<ByteStream>): Promise<boolean> => {
  try {
    const recorder = Recorder.open(await attempt)
    await recorder.closed()
    return recorder.receivedBytes === 0
  } catch (error) {
    return TransportError.isInstance(error)
  }
}

const finish = async (listener: Listener, ...streams: readonly ByteStream[]): Promise<void> => {
  for (const stream of streams) stream.destroy()
  await listener.close()
}
