import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memoryPair } from './memory.ts'
import { byteStreamCompliance, Recorder } from './testing/index.ts'
import { firstDifference, sequence } from './testing/bytes.ts'

byteStreamCompliance('memory', async () => ({ streams: memoryPair(), close: async () => {} }), {
  reusesReadMemory: [0, 1],
})

byteStreamCompliance(
  'memory, tasks in another turn, little capacity',
  async () => ({ streams: memoryPair(setImmediate, { capacityBytes: 5_000 }), close: async () => {} }),
  { reusesReadMemory: [0, 1] },
)

describe('memoryPair', () => {
  it('does nothing by itself: the scheduler decides when', () => {
    const { schedule, tasks } = scheduler()
    const [one, other] = memoryPair(schedule)
    const reader = Recorder.open(other)
    one.write(sequence(0, 3))
    expect(reader.calls).toStrictEqual([])
    while (tasks.length > 0) tasks.shift()!()
    expect(reader.received()).toStrictEqual(sequence(0, 3))
  })

  it('the same calls and the same order of tasks give the same history, and any order gives the same bytes', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 20 })
    fc.assert(
      fc.property(sizes, fc.infiniteStream(fc.nat()), (written, picks) => {
        const choices = [...picks.take(500)]
        const [one, other] = [history(written, choices), history(written, choices)]
        expect(one).toStrictEqual(other)
        expect(one.bytes).toBe(written.reduce((total, size) => total + size, 0))
        expect(one.difference).toBe(-1)
        expect(one.calls.at(-1)).toBe('close')
      }),
      { numRuns: 50 },
    )
  })

  it('takes up to its capacity and holds the rest until the reader has read', () => {
    const { schedule, tasks } = scheduler()
    const [one, other] = memoryPair(schedule, { capacityBytes: 10 })
    const writer = Recorder.open(one)
    expect([one.write(sequence(0, 10)), one.bufferedBytes]).toStrictEqual([true, 0])
    expect([one.writeAll([sequence(10, 3), sequence(13, 12)]), one.bufferedBytes]).toStrictEqual([false, 15])
    const reader = Recorder.open(other)
    while (tasks.length > 0) tasks.shift()!()
    expect(firstDifference(reader.received())).toBe(-1)
    expect(reader.receivedBytes).toBe(25)
    expect([one.bufferedBytes, ...writer.calls]).toStrictEqual([0, 'drain'])
  })

  it('destroy() loses what is under way and resets the peer', async () => {
    const [one, other] = memoryPair()
    const [writer, reader] = [Recorder.open(one), Recorder.open(other)]
    one.write(sequence(0, 100))
    one.destroy()
    await Promise.all([writer.closed(), reader.closed()])
    expect(reader.receivedBytes).toBe(0)
    expect(reader.closes).toMatchObject([{ clean: false, error: { code: 'CONNECTION_RESET' } }])
  })

  it('says of the peer what it was told', () => {
    const told = [
      { transport: 'tls', certificate: { commonName: 'device-1', authorized: true } },
      { transport: 'memory' },
    ] as const
    const [one, other] = memoryPair(undefined, { peers: told })
    expect([one.peer, other.peer]).toStrictEqual([...told])
    expect(memoryPair()[0].peer).toStrictEqual({ transport: 'memory' })
  })

  it('goes on after a handler that threw', () => {
    const { schedule, tasks } = scheduler()
    const [one, other] = memoryPair(schedule)
    const reader = Recorder.open(other)
    reader.onChunk = (chunk) => {
      if (chunk[0] === 0) throw new TypeError('a fault of the owner')
    }
    one.write(new Uint8Array([0]))
    one.write(new Uint8Array([1]))
    one.end()
    expect(() => tasks.shift()!()).toThrow('a fault of the owner')
    while (tasks.length > 0) tasks.shift()!()
    expect(reader.calls).toStrictEqual(['data', 'data', 'close'])
  })
})

const scheduler = () => {
  const tasks: (() => void)[] = []
  return { tasks, schedule: (task: () => void): void => void tasks.push(task) }
}

/** Writes, ends, and runs the tasks in the order that the choices say. */
const history = (sizes: readonly number[], choices: readonly number[]) => {
  const { schedule, tasks } = scheduler()
  const [one, other] = memoryPair(schedule, { capacityBytes: 64 })
  const [writer, reader] = [Recorder.open(one), Recorder.open(other)]
  let at = 0
  let step = 0
  const runOne = (): void => {
    const index = (choices[step++ % choices.length] ?? 0) % tasks.length
    for (const task of tasks.splice(index, 1)) task()
  }
  for (const size of sizes) {
    one.write(sequence(at, size))
    at += size
    if (tasks.length > 0 && (choices[step++ % choices.length] ?? 0) % 2 === 0) runOne()
  }
  one.end()
  while (tasks.length > 0) runOne()
  const { calls, receivedBytes: bytes } = reader
  return { calls, writerCalls: writer.calls, bytes, difference: firstDifference(reader.received()) }
}
