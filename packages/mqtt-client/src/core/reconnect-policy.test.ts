import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MqttError } from '../errors.ts'
import { isRetryable, ReconnectPolicy } from './reconnect-policy.ts'

const lost = new MqttError('CONNECTION_LOST', 'lost', { retryable: true })
const refused = (reasonCode: number) =>
  new MqttError('SERVER_DISCONNECTED', 'refused', { reasonCode, retryable: isRetryable(reasonCode) })

/** A small generator, so that a run can be repeated. */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * When 10,000 clients that were all online are back, in seconds since the server went away, by second. The server is away for
 * `downSeconds`; attempts in that time fail at once.
 */
function returns(downSeconds: number, first: MqttError, seed: number): { peak: number; last: number } {
  const random = mulberry(seed)
  const bySecond = new Map<number, number>()
  let last = 0
  for (let client = 0; client < 10_000; client++) {
    const policy = new ReconnectPolicy({})
    policy.connecting()
    policy.online(0)
    let now = 100_000
    let error = first
    do {
      now += policy.failed(error, now, random()) ?? Infinity
      policy.connecting()
      error = lost
    } while (now < 100_000 + downSeconds * 1_000)
    const second = Math.floor(now / 1_000) - 100
    bySecond.set(second, (bySecond.get(second) ?? 0) + 1)
    last = Math.max(last, second)
  }
  return { peak: Math.max(...bySecond.values()), last }
}

describe('C2 10,000 clients after a restart: at most 5 % in any second, all back within 120 s', () => {
  it.each([0, 1, 5, 15, 30, 39, 50])('a server that said that it shuts down, away for %d s', (downSeconds) => {
    const { peak, last } = returns(downSeconds, refused(0x8b), downSeconds + 1)
    expect(peak).toBeLessThanOrEqual(500)
    expect(last).toBeLessThanOrEqual(120)
  })

  it.each([30, 40, 55])('a server that vanished without a word, away for %d s', (downSeconds) => {
    const { peak, last } = returns(downSeconds, lost, downSeconds)
    expect(peak).toBeLessThanOrEqual(500)
    expect(last).toBeLessThanOrEqual(120)
  })
})

describe('C2 the backoff', () => {
  it('is anywhere in a window that doubles from 1 s to 60 s', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 0.999_999, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (randoms) => {
          const policy = new ReconnectPolicy({})
          randoms.forEach((random, failure) => {
            expect(policy.failed(lost, 0, random)).toBeCloseTo(random * Math.min(60_000, 1_000 * 2 ** failure), 6)
          })
        },
      ),
    )
  })

  it('starts anew only after a connection that held for 30 s', () => {
    const policy = new ReconnectPolicy({})
    expect(policy.failed(lost, 0, 1)).toBe(1_000)
    policy.online(0)
    expect(policy.failed(lost, 29_999, 1)).toBe(2_000)
    policy.online(30_000)
    expect(policy.failed(lost, 60_000, 1)).toBe(1_000)
  })

  it('treats a server that kicks right after CONNACK like one that is down', () => {
    const policy = new ReconnectPolicy({})
    const delays = [0, 1, 2, 3].map((now) => {
      policy.online(now)
      return policy.failed(lost, now, 1)
    })
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000])
  })

  it('takes a Session back three times, then leaves it to the other', () => {
    const policy = new ReconnectPolicy({})
    const taken = refused(0x8e)
    expect([1, 2, 3, 4].map(() => policy.failed(taken, 0, 0) !== undefined)).toEqual([true, true, true, false])
  })

  it('obeys the options', () => {
    expect(new ReconnectPolicy({ baseMs: 7 }).failed(lost, 0, 1)).toBe(7)
    expect(new ReconnectPolicy({ maximumMs: 9 }).failed(lost, 0, 1)).toBe(9)
    expect(new ReconnectPolicy({ decide: () => 42 }).failed(refused(0x87), 0, 0)).toBe(42)
    expect(new ReconnectPolicy({ decide: () => false }).failed(lost, 0, 0)).toBeUndefined()
    expect(new ReconnectPolicy({ decide: (_, { delayMs }) => delayMs === 1_000 }).failed(lost, 0, 1)).toBe(1_000)
    const limited = new ReconnectPolicy({ decide: (error, { number }) => error.retryable && number < 2 })
    limited.connecting()
    expect(limited.failed(lost, 0, 1)).toBe(1_000)
    limited.connecting()
    expect(limited.failed(lost, 0, 1)).toBeUndefined()
  })
})
