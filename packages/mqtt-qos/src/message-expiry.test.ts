import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isMessageExpired, messageExpiryDeadlineMs, remainingExpiryIntervalSeconds } from './message-expiry.ts'

describe('Message Expiry Interval', () => {
  it.each([
    [60, 0, 60, false],
    [60, 999, 60, false],
    [60, 1000, 59, false],
    [60, 60_000, 0, false],
    [60, 60_001, 0, true],
    [60, 1e9, 0, true],
    [0, 0, 0, false],
    [0, 1, 0, true],
    [60, -5000, 60, false],
    [4_294_967_295, 1000, 4_294_967_294, false],
  ])('[MQTT-3.3.2-6] I17 %i s after %i ms: %i s left, expired %s', (intervalSeconds, waitedMs, remaining, expired) => {
    expect(remainingExpiryIntervalSeconds(intervalSeconds, waitedMs)).toBe(remaining)
    expect(isMessageExpired(intervalSeconds, waitedMs)).toBe(expired)
  })

  it('[MQTT-3.3.2-5] I17 the deadline is the last moment that is not expired', () => {
    expect(messageExpiryDeadlineMs(60, 5000)).toBe(65_000)
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.nat(1e9), (intervalSeconds, receivedAtMs) => {
        const deadline = messageExpiryDeadlineMs(intervalSeconds, receivedAtMs)
        expect(isMessageExpired(intervalSeconds, deadline - receivedAtMs)).toBe(false)
        expect(isMessageExpired(intervalSeconds, deadline + 1 - receivedAtMs)).toBe(true)
      }),
    )
  })

  it('I17 what is forwarded is whole seconds, never negative, never more than received, never more for a longer wait', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.nat(), fc.nat(), (intervalSeconds, waitedMs, longer) => {
        const remaining = remainingExpiryIntervalSeconds(intervalSeconds, waitedMs)
        expect(Number.isInteger(remaining) && remaining >= 0 && remaining <= intervalSeconds).toBe(true)
        expect(remainingExpiryIntervalSeconds(intervalSeconds, waitedMs + longer)).toBeLessThanOrEqual(remaining)
      }),
    )
  })
})
