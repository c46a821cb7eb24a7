import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ByteStream } from '../byte-stream.ts'
import { TransportError } from '../transport-error.ts'
import { firstDifference, sequence } from './bytes.ts'
import { Recorder } from './recorder.ts'

/** Two streams that are each other's peer, not yet opened. */
export interface StreamPair {
  readonly streams: readonly [ByteStream, ByteStream]
  /** Ends what the factory has made besides. The streams are destroyed before. */
  close(): Promise<void>
}

export interface ComplianceTraits {
  /** A paused reader makes the writer's `bufferedBytes` grow. Default `true`; a browser's WebSocket cannot do it. */
  readonly pauseReachesWriter?: boolean
  /** Streams of the pair whose chunks lie in memory that the next chunk overwrites: 0, 1 or both. Default none. */
  readonly reusesReadMemory?: readonly (0 | 1)[]
}

/**
 * The rules of `ByteStream` as tests, for every transport, also yours. Call it at the top level of a vitest file.
 *
 * @param make a fresh, connected pair
 */
export const byteStreamCompliance = (
  name: string,
  make: () => Promise<StreamPair>,
  traits: ComplianceTraits = {},
): void => {
  const { pauseReachesWriter = true, reusesReadMemory = [] } = traits

  /** Runs a test with an opened pair, once in each direction of writing. */
  const bothWays = (title: string, test: (writer: Recorder, reader: Recorder) => Promise<void>): void => {
    it.each([
      { title, from: 0 },
      { title, from: 1 },
    ] as const)('$title (from $from)', async ({ from }) => {
      await withPair(make, async (streams) => {
        const writer = Recorder.open(streams[from])
        const reader = Recorder.open(streams[1 - from]!)
        await test(writer, reader)
        expect([...writer.violations, ...reader.violations]).toStrictEqual([])
      })
    })
  }

  describe(`byte stream: ${name}`, () => {
    it('carries every byte once and in order, whatever the writes, and memory taken may be reused', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(writes, { maxLength: 30 }), fc.array(writes, { maxLength: 30 }), (one, other) =>
          withPair(make, async (streams) => {
            const [first, second] = [Recorder.open(streams[0]), Recorder.open(streams[1])]
            const sent = [writeAndReuse(first, one), writeAndReuse(second, other)] as const
            await Promise.all([second.bytes(sent[0]), first.bytes(sent[1])])
            expect([second.receivedBytes, first.receivedBytes]).toStrictEqual(sent)
            expect([firstDifference(second.received()), firstDifference(first.received())]).toStrictEqual([-1, -1])
            expect([...first.violations, ...second.violations]).toStrictEqual([])
          }),
        ),
        { numRuns: 20 },
      )
    })

    it('survives any order of calls: onClose comes once and last, what was read is the beginning of what was written', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), (steps) =>
          withPair(make, async (streams) => {
            const recorders = [Recorder.open(streams[0]), Recorder.open(streams[1])] as const
            const written: [number, number] = [0, 0]
            for (const { side, action, bytes } of steps) {
              if (action === 'turn') await turn()
              else take(recorders[side], action, bytes, written, side)
            }
            for (const { stream } of recorders) stream.resume()
            for (const recorder of recorders) recorder.call(() => recorder.stream.destroy())
            await Promise.all(recorders.map((recorder) => recorder.closed()))
            await turn()
            for (const side of [0, 1] as const) {
              const recorder = recorders[side]
              expect(recorder.violations).toStrictEqual([])
              expect(recorder.closes).toHaveLength(1)
              expect(recorder.stream.bufferedBytes).toBe(0)
              expect(recorder.receivedBytes).toBeLessThanOrEqual(written[1 - side]!)
              expect(firstDifference(recorder.received())).toBe(-1)
            }
          }),
        ),
        { numRuns: 40 },
      )
    })

    bothWays('carries 8 MiB to a reader that stops and goes', async (writer, reader) => {
      const total = 8 * 1024 * 1024
      let chunks = 0
      reader.onChunk = () => {
        if (++chunks % 8 !== 0) return
        reader.call(() => reader.stream.pause())
        setImmediate(() => reader.call(() => reader.stream.resume()))
      }
      for (let at = 0; at < total; at += 65_536) {
        writer.call(() => writer.stream.write(sequence(at, 65_536)))
        if (writer.stream.bufferedBytes > 262_144) await writer.drained()
      }
      await reader.bytes(total)
      expect(reader.receivedBytes).toBe(total)
      expect(firstDifference(reader.received())).toBe(-1)
    })

    bothWays('hands nothing over while paused, and everything after', async (writer, reader) => {
      reader.stream.pause()
      const sent = 3_000
      for (let at = 0; at < sent; at += 100) writer.stream.write(sequence(at, 100))
      // An answer the other way proves that time has passed: the bytes had their chance.
      reader.stream.write(sequence(0, 10))
      await writer.bytes(10)
      await turn()
      expect(reader.receivedBytes).toBe(0)
      reader.call(() => reader.stream.resume())
      await reader.bytes(sent)
      expect(firstDifference(reader.received())).toBe(-1)
    })

    bothWays('loses nothing when the reader pauses inside every onData', async (writer, reader) => {
      reader.onChunk = () => {
        const seen = reader.chunks.length
        reader.call(() => reader.stream.pause())
        setImmediate(() => {
          if (reader.chunks.length !== seen) reader.violations.push('data while paused')
          reader.call(() => reader.stream.resume())
        })
      }
      const sent = 200_000
      for (let at = 0; at < sent; at += 1_000) writer.stream.write(sequence(at, 1_000))
      await reader.bytes(sent)
      expect(firstDifference(reader.received())).toBe(-1)
    })

    if (pauseReachesWriter) {
      bothWays('lets the writer feel a paused reader, and tells it when all has gone', async (writer, reader) => {
        reader.stream.pause()
        let sent = 0
        // 32 MiB are more than any socket buffer here takes.
        while (sent < 32 * 1024 * 1024) {
          writer.stream.writeAll([sequence(sent, 65_536), sequence(sent + 65_536, 65_536)])
          sent += 131_072
          await turn()
          if (writer.stream.bufferedBytes > 1_048_576) break
        }
        expect(writer.stream.bufferedBytes).toBeGreaterThan(1_048_576)
        expect(writer.stream.write(sequence(sent, 100_000))).toBe(false)
        sent += 100_000
        const drained = writer.drained()
        reader.call(() => reader.stream.resume())
        await Promise.all([drained, reader.bytes(sent)])
        expect(writer.stream.bufferedBytes).toBe(0)
        expect(firstDifference(reader.received())).toBe(-1)
      })
    }

    bothWays('calls onDrain only when nothing is buffered, however long writing goes on', async (writer, reader) => {
      const part = 524_288
      let sent = 0
      for (let count = 0; count < 40; count++) {
        writer.call(() => writer.stream.write(sequence(sent, part)))
        sent += part
        await turn()
      }
      await reader.bytes(sent)
      // The recorder has looked at bufferedBytes in each onDrain.
      expect(writer.violations).toStrictEqual([])
    })

    bothWays('end() lets everything out first, and both sides close in order', async (writer, reader) => {
      const sent = 1_048_576
      writer.stream.writeAll([sequence(0, 100), sequence(100, sent - 100)])
      writer.call(() => writer.stream.end())
      await Promise.all([writer.closed(), reader.closed()])
      expect(reader.receivedBytes).toBe(sent)
      expect(firstDifference(reader.received())).toBe(-1)
      expect([writer.closes, reader.closes]).toStrictEqual([[{ clean: true }], [{ clean: true }]])
    })

    bothWays('end() of a paused stream still closes, and drops what arrives', async (writer, reader) => {
      reader.stream.pause()
      writer.stream.write(sequence(0, 1_000))
      reader.call(() => reader.stream.end())
      await Promise.all([writer.closed(), reader.closed()])
      expect(reader.receivedBytes).toBe(0)
      expect(reader.closes).toStrictEqual([{ clean: true }])
    })

    bothWays('both sides may end at once, and again', async (writer, reader) => {
      writer.stream.write(sequence(0, 10))
      writer.stream.end()
      reader.stream.end()
      writer.stream.end()
      await Promise.all([writer.closed(), reader.closed()])
      expect([writer.closes, reader.closes]).toStrictEqual([[{ clean: true }], [{ clean: true }]])
    })

    bothWays('destroy() inside onData is the last that the reader hears but onClose', async (writer, reader) => {
      reader.onChunk = () => reader.call(() => reader.stream.destroy())
      for (let at = 0; at < 500_000; at += 50_000) writer.stream.write(sequence(at, 50_000))
      await Promise.all([writer.closed(), reader.closed()])
      expect(reader.calls).toStrictEqual(['data', 'close'])
      expect(reader.closes).toStrictEqual([{ clean: false }])
      expect(writer.closes).toHaveLength(1)
    })

    bothWays('destroy() ends a stream that waits for its peer after end()', async (writer, reader) => {
      reader.stream.pause()
      for (let at = 0; at < 64; at++) writer.stream.write(sequence(0, 65_536))
      writer.stream.end()
      await turn()
      writer.call(() => writer.stream.destroy())
      writer.call(() => writer.stream.destroy())
      await writer.closed()
      expect(writer.closes).toStrictEqual([{ clean: false }])
      reader.stream.resume()
      await reader.closed()
    })

    bothWays('after the close all calls are without effect', async (writer, reader) => {
      writer.stream.end()
      await Promise.all([writer.closed(), reader.closed()])
      for (const { stream } of [writer, reader]) {
        expect(stream.write(sequence(0, 100_000))).toBe(true)
        expect(stream.writeAll([sequence(0, 10), sequence(0, 10)])).toBe(true)
        expect(stream.bufferedBytes).toBe(0)
        stream.pause()
        stream.resume()
        stream.end()
        stream.destroy()
      }
      await turn()
      expect([writer.calls, reader.calls]).toStrictEqual([['close'], ['close']])
    })

    bothWays('takes empty writes and hands out no empty chunk', async (writer, reader) => {
      expect(writer.stream.write(new Uint8Array(0))).toBe(true)
      expect(writer.stream.writeAll([])).toBe(true)
      expect(writer.stream.writeAll([new Uint8Array(0), sequence(0, 5), new Uint8Array(0)])).toBeTypeOf('boolean')
      await reader.bytes(5)
      expect(reader.received()).toStrictEqual(sequence(0, 5))
    })

    it.each([0, 1] as const)('keeps what comes before open() (stream %i)', async (late) => {
      await withPair(make, async (streams) => {
        const writer = Recorder.open(streams[1 - late]!)
        writer.stream.write(sequence(0, 20_000))
        for (let turns = 0; turns < 5; turns++) await turn()
        const reader = Recorder.open(streams[late])
        await reader.bytes(20_000)
        expect(firstDifference(reader.received())).toBe(-1)
        expect(reader.violations).toStrictEqual([])
      })
    })

    it.each([0, 1] as const)('tells of a close that came before open() (stream %i)', async (late) => {
      await withPair(make, async (streams) => {
        streams[late].destroy()
        const other = Recorder.open(streams[1 - late]!)
        await other.closed()
        const reader = Recorder.open(streams[late])
        await reader.closed()
        expect(reader.closes).toStrictEqual([{ clean: false }])
        expect(reader.violations).toStrictEqual([])
      })
    })

    it.each([0, 1] as const)('takes pause(), write() and end() before open() (stream %i)', async (late) => {
      await withPair(make, async (streams) => {
        const other = Recorder.open(streams[1 - late]!)
        other.stream.write(sequence(0, 1_000))
        streams[late].pause()
        streams[late].write(sequence(0, 100))
        streams[late].end()
        await other.bytes(100)
        const reader = Recorder.open(streams[late])
        await Promise.all([reader.closed(), other.closed()])
        expect(reader.calls.filter((call) => call === 'data')).toStrictEqual([])
        expect([reader.closes, other.closes]).toStrictEqual([[{ clean: true }], [{ clean: true }]])
        expect(reader.violations).toStrictEqual([])
      })
    })

    it.each([0, 1] as const)('opens once (stream %i)', async (side) => {
      await withPair(make, async (streams) => {
        const recorder = Recorder.open(streams[side])
        let code: string | undefined
        try {
          streams[side].open(recorder)
        } catch (error) {
          code = TransportError.isInstance(error) ? error.code : undefined
        }
        expect(code).toBe('ALREADY_OPEN')
      })
    })

    it.each(reusesReadMemory)('reuses the memory of a chunk: a view that is kept changes (stream %i)', async (side) => {
      await withPair(make, async (streams) => {
        const reader = Recorder.open(streams[side])
        const writer = Recorder.open(streams[1 - side]!)
        let kept: Uint8Array | undefined
        reader.onChunk = (chunk) => {
          kept ??= chunk
        }
        writer.stream.write(sequence(0, 100))
        await reader.bytes(100)
        writer.stream.write(sequence(1_000, 100))
        await reader.bytes(200)
        expect(reader.chunks[0]).toStrictEqual(sequence(0, reader.chunks[0]!.length))
        expect(new Uint8Array(kept!)).not.toStrictEqual(reader.chunks[0])
      })
    })
  })
}

const withPair = async (
  make: () => Promise<StreamPair>,
  use: (streams: readonly [ByteStream, ByteStream]) => Promise<void>,
): Promise<void> => {
  const pair = await make()
  try {
    await use(pair.streams)
  } finally {
    for (const stream of pair.streams) stream.destroy()
    await pair.close()
  }
}

/** One turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** One call: the sizes of its parts. Sizes about the limits of frames, buffers and copies. */
const writes = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 300 }),
    fc.constantFrom(125, 126, 65_535, 65_536, 16_384, 16_385),
    fc.integer({ min: 0, max: 80_000 }),
  ),
  { minLength: 1, maxLength: 5 },
)

/** Writes all, overwrites what was taken at once, and answers how many bytes it were. */
const writeAndReuse = (writer: Recorder, calls: readonly (readonly number[])[]): number => {
  let at = 0
  for (const sizes of calls) {
    const parts = sizes.map((size) => {
      const part = sequence(at, size)
      at += size
      return part
    })
    const [only] = parts
    const taken = writer.call(() =>
      parts.length === 1 && only !== undefined ? writer.stream.write(only) : writer.stream.writeAll(parts),
    )
    if (taken) for (const part of parts) part.fill(0xee)
  }
  return at
}

const step = fc.record({
  side: fc.constantFrom<0 | 1>(0, 1),
  action: fc.oneof(
    { weight: 6, arbitrary: fc.constant('write' as const) },
    { weight: 4, arbitrary: fc.constant('turn' as const) },
    { weight: 2, arbitrary: fc.constant('pause' as const) },
    { weight: 2, arbitrary: fc.constant('resume' as const) },
    { weight: 1, arbitrary: fc.constant('end' as const) },
    { weight: 1, arbitrary: fc.constant('destroy' as const) },
  ),
  bytes: fc.integer({ min: 0, max: 200_000 }),
})

const take = (
  recorder: Recorder,
  action: 'write' | 'pause' | 'resume' | 'end' | 'destroy',
  bytes: number,
  written: [number, number],
  side: 0 | 1,
): void => {
  const { stream } = recorder
  recorder.call(() => {
    if (action !== 'write') return stream[action]()
    const part = sequence(written[side], bytes)
    // Dropped after an end: then nothing that is written later arrives either, and the sequence has no hole.
    written[side] += bytes
    if (stream.write(part)) part.fill(0xee)
  })
}
