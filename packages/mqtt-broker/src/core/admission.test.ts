import { expect, it } from 'vitest'
import { Admission } from './admission.ts'
import { Counters } from './counters.ts'
import { DEFAULT_LIMITS, STRICT_LIMITS } from './limits.ts'

it('hostile #105: what is counted for an address goes with its last connection', () => {
  const admission = new Admission({ ...DEFAULT_LIMITS, maximumUnauthenticatedConnectionsPerAddress: 1 }, new Counters())
  for (const address of ['10.0.0.1', undefined]) {
    admission.entered(address)
    admission.left(address)
    expect(admission.admits(address, 0, 0)).toBe(true)
  }
})

it('the strict preset: 100 at once from one address, then 20 a second; others are not held up', () => {
  const counters = new Counters()
  const admission = new Admission(STRICT_LIMITS, counters)
  const admitted = (address: string, attempts: number, now: number) =>
    Array.from({ length: attempts }, () => admission.admits(address, 0, now)).filter(Boolean).length
  expect([admitted('10.0.0.1', 200, 0), admitted('10.0.0.2', 50, 0)]).toEqual([100, 50])
  expect([admitted('10.0.0.1', 200, 1_000), counters.connectionsRefused]).toEqual([20, 280])
})

it('remembers addresses while their rate matters, and never more than so many', () => {
  const admission = new Admission({ ...STRICT_LIMITS, acceptsPerSecond: Infinity }, new Counters())
  for (let number = 0; number < 20_000; number++) admission.admits(`10.0.${number >> 8}.${number & 255}`, 0, 0)
  expect(admission.remembered).toBe(16_384)
  admission.admits('10.1.0.0', 0, 60_000)
  expect(admission.remembered).toBe(1)
})
