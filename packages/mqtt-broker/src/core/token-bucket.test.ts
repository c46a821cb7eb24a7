import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

it('never gives more than the burst and the rate allow, and never starves who waits as long as it says', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.nat(500), { maxLength: 200 }),
      (perSecond, burst, waits) => {
        const bucket = new TokenBucket(perSecond, burst, 0)
        let now = 0
        let taken = 0
        for (const wait of waits) {
          now += wait
          if (bucket.take(now)) taken++
          expect(taken).toBeLessThanOrEqual(burst + (now / 1000) * perSecond + 1e-6)
        }
        expect(bucket.take(bucket.nextAt(now) + 1e-6)).toBe(true)
      },
    ),
  )
})

it('with a rate of 0 gives its burst and then nothing, ever', () => {
  const bucket = new TokenBucket(0, 2, 0)
  expect([1, 2, 3].map(() => bucket.take(1e12))).toEqual([true, true, false])
  expect([bucket.nextAt(1e12), bucket.isFull(1e12)]).toEqual([Infinity, false])
})
