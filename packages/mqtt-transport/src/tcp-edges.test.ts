import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ByteStream } from './byte-stream.ts'
import type { Listener } from './listener.ts'
import { connectTcp, listenTcp, type ReadingMode } from './tcp.ts'
import { Recorder } from './testing/index.ts'
import { firstDifference, sequence } from './testing/bytes.ts'
import { HOST, Opened } from './testing/loopback.ts'
import type { TransportError } from './transport-error.ts'

const MODES = ['onread', 'data'] as const

const opened = new Opened()
afterEach(opened.close)

describe('TCP', () => {
  it.each(MODES)('a peer that resets is CONNECTION_RESET (%s)', async (reading) => {
    const { raw, server } = await rawPeer(reading)
    raw.resetAndDestroy()
    await server.closed()
    expect(server.closes).toMatchObject([{ clean: false, error: { code: 'CONNECTION_RESET', phase: 'tcp' } }])
    expect(server.closes[0]?.error?.message).toContain(`${HOST}:`)
  })

  it.each(MODES)("the peer's FIN closes cleanly, after what was written has gone out (%s)", async (reading) => {
    const { raw, server } = await rawPeer(reading)
    server.onChunk = () => server.stream.write(sequence(0, 4_000_000))
    raw.write('request')
    raw.end()
    const chunks: Buffer[] = []
    for await (const chunk of raw) chunks.push(chunk as Buffer)
    await server.closed()
    expect(firstDifference(Buffer.concat(chunks))).toBe(-1)
    expect(Buffer.concat(chunks)).toHaveLength(4_000_000)
    expect(server.closes).toStrictEqual([{ clean: true }])
  })

  it.each(MODES)("writing in the turns after the peer's FIN does no harm (%s)", async (reading) => {
    const { raw, server } = await rawPeer(reading)
    raw.write('request')
    raw.end()
    raw.resume()
    await server.bytes(7)
    while (server.closes.length === 0) {
      server.stream.write(sequence(0, 10))
      server.stream.writeAll([sequence(0, 10), sequence(0, 10)])
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(server.violations).toStrictEqual([])
    expect(server.calls.filter((call) => call === 'close')).toHaveLength(1)
  })

  it.each(MODES)('a small write is taken by the kernel at once (%s)', async (reading) => {
    const { raw, server } = await rawPeer(reading)
    raw.resume()
    for (let count = 0; count < 100; count++) {
      expect(server.stream.write(sequence(0, 64))).toBe(true)
      expect(server.stream.writeAll([sequence(0, 64), sequence(0, 5_000)])).toBe(true)
    }
    expect(server.stream.bufferedBytes).toBe(0)
    expect(server.calls).toStrictEqual([])
  })

  it('what the kernel takes at once goes past the queue of the stream of Node, which takes the rest', async () => {
    const { raw, server } = await rawPeer('onread')
    const queued = vi.spyOn(Socket.prototype, 'write')
    try {
      raw.pause()
      const sent: number[] = []
      const send = (bytes: number) => {
        server.stream.write(sequence(sum(sent), bytes))
        sent.push(bytes)
      }
      for (let count = 0; count < 10; count++) send(64)
      expect(queued).not.toHaveBeenCalled()
      while (server.stream.bufferedBytes === 0) send(1_000_000)
      const held = server.stream.bufferedBytes
      expect(held).toBeLessThanOrEqual(1_000_000)
      send(10)
      expect(server.stream.bufferedBytes).toBe(held + 10)
      server.stream.end()
      const chunks: Buffer[] = []
      for await (const chunk of raw) chunks.push(chunk as Buffer)
      expect(Buffer.concat(chunks)).toHaveLength(sum(sent))
      expect(firstDifference(Buffer.concat(chunks))).toBe(-1)
    } finally {
      queued.mockRestore()
    }
  })

  it("'auto' reads into the shared buffer where Node can", async () => {
    const { raw, server } = await rawPeer('auto')
    const buffers = new Set<ArrayBufferLike>()
    server.onChunk = (chunk) => buffers.add(chunk.buffer)
    for (let count = 1; count <= 3; count++) {
      raw.write(sequence(0, 1_000))
      await server.bytes(count * 1_000)
    }
    expect([...buffers].map((buffer) => buffer.byteLength)).toStrictEqual([65_536])
  })

  it('listens on IPv6, with brackets in the URL', async () => {
    const listener = await listenTcp({ host: '::1', port: 0 }, (stream) => opened.add(() => stream.destroy()))
    opened.add(() => listener.close())
    expect(listener.url).toBe(`mqtt://[::1]:${listener.port}`)
    const stream = await connectTcp({ host: '::1', port: listener.port })
    expect(stream.peer).toMatchObject({ remoteAddress: '::1' })
    stream.destroy()
  })

  it.each([0, -1, Number.NaN])('refuses maximumConnections: %d', async (maximumConnections) => {
    await expect(listenTcp({ host: HOST, port: 0, maximumConnections }, () => {})).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    })
  })

  it.runIf(process.platform === 'linux').each(MODES)(
    'hostile #108: the kernel asks after a peer that says nothing (%s)',
    async (reading) => {
      const { raw, listener } = await rawPeer(reading)
      const hex = (port: number | undefined): string => port!.toString(16).toUpperCase().padStart(4, '0')
      const ends = new RegExp(`:${hex(listener.port)} \\w+:${hex(raw.localPort)} `)
      const line = readFileSync('/proc/net/tcp', 'utf8')
        .split('\n')
        .find((each) => ends.test(each))
      // proc(5): the timer of the connection, 02 is that of keep-alive probes.
      expect(line?.trim().split(/\s+/)[5]).toMatch(/^02:/)
    },
  )

  it.runIf(process.platform === 'linux')(
    'hostile #126: without file descriptors nothing crashes, running connections go on, and accepting recovers',
    { timeout: 30_000 },
    async () => {
      const errors: TransportError[] = []
      const streams: Recorder[] = []
      const listener = await listenTcp({ host: HOST, port: 0, onError: (error) => errors.push(error) }, (stream) => {
        const recorder = Recorder.open(stream)
        recorder.onChunk = (chunk) => stream.write(chunk.slice())
        streams.push(recorder)
      })
      opened.add(() => listener.close())
      opened.add(() => streams.forEach(({ stream }) => stream.destroy()))
      const running = Recorder.open(await connectTcp({ host: HOST, port: listener.port }))
      running.stream.write(sequence(0, 10))
      await running.bytes(10)

      const restore = await limitOpenFiles(8)
      try {
        const attempts = await Promise.allSettled(
          Array.from({ length: 40 }, () => connectTcp({ host: HOST, port: listener.port, connectTimeoutMs: 2_000 })),
        )
        const refused = attempts.filter((attempt) => attempt.status === 'rejected')
        expect(refused.length).toBeGreaterThan(0)
        expect(refused.map(({ reason }) => (reason as TransportError).code)).toContain('TOO_MANY_OPEN_FILES')
        running.stream.write(sequence(10, 10))
        await running.bytes(20)
        expect(running.closes).toStrictEqual([])
        for (const attempt of attempts) if (attempt.status === 'fulfilled') attempt.value.destroy()
      } finally {
        await restore()
      }
      const late = Recorder.open(await connectTcp({ host: HOST, port: listener.port }))
      late.stream.write(sequence(0, 10))
      await late.bytes(10)
      late.stream.destroy()
      running.stream.destroy()
      for (const error of errors) expect(error.code).toBe('TOO_MANY_OPEN_FILES')
    },
  )
})

/** A plain socket as the client of a listener, and the accepted stream. */
const rawPeer = async (reading: ReadingMode): Promise<{ raw: Socket; server: Recorder; listener: Listener }> => {
  let accept: (stream: ByteStream) => void = () => {}
  const accepted = new Promise<ByteStream>((resolve) => {
    accept = resolve
  })
  const listener = await listenTcp({ host: HOST, port: 0, reading }, (stream) => accept(stream))
  opened.add(() => listener.close())
  const raw = await opened.rawTo(listener.port, { allowHalfOpen: true })
  const server = Recorder.open(await accepted)
  opened.add(() => server.stream.destroy())
  return { raw, server, listener }
}

/**
 * Lets this process open so many more files, and no more, until the returned function is called. The program that changes
 * the limit (of util-linux) is run by a shell that is there before: under the limit nothing can be started any more.
 */
const limitOpenFiles = async (more: number): Promise<() => Promise<void>> => {
  const shell = spawn('sh', [
    '-c',
    `while read -r limit; do prlimit --pid ${process.pid} --nofile="$limit:"; echo $?; done`,
  ])
  const answers = createInterface(shell.stdout)[Symbol.asyncIterator]()
  const setLimit = async (limit: string): Promise<void> => {
    shell.stdin.write(`${limit}\n`)
    expect(await answers.next(), 'exit code of prlimit').toStrictEqual({ done: false, value: '0' })
  }
  const [, before = ''] = /^Max open files +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  // Numbers are given from the lowest: the gaps below the highest are filled, so that the limit is near.
  const highest = Math.max(...readdirSync('/proc/self/fd').map(Number))
  const fillers: number[] = []
  do fillers.push(openSync('/dev/null', 'r'))
  while (fillers.at(-1)! < highest)
  await setLimit(String(fillers.at(-1)! + more))
  return async () => {
    for (const filler of fillers) closeSync(filler)
    await setLimit(before)
    shell.stdin.end()
    await once(shell, 'close')
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
