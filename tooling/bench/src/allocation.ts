import { PATTERNS, Traffic } from './hot-path/traffic.ts'

/**
 * Prints, as JSON, how many bytes of heap each delivered message costs in the patterns of `hot-path/traffic.ts`: growth
 * without a collection, after the code has run warm. What the engine makes once after a collection, in some processes 200 KB
 * and in others nothing, is no part of it: what few messages take is subtracted from what many take. Run by
 * `allocation.test.ts`, with a young generation that is large enough for all of a measurement.
 */
const MEASUREMENTS = 3
const FEW_MESSAGES = 10_000
const MANY_MESSAGES = 40_000
const WARM_UP_MESSAGES = 40_000

const costs: Record<string, number> = {}
for (const pattern of PATTERNS) {
  const traffic = await Traffic.of(pattern)
  await traffic.play(traffic.roundsFor(WARM_UP_MESSAGES))
  const few = await least(traffic, traffic.roundsFor(FEW_MESSAGES))
  const many = await least(traffic, traffic.roundsFor(MANY_MESSAGES))
  await traffic.close()
  const messages = (traffic.roundsFor(MANY_MESSAGES) - traffic.roundsFor(FEW_MESSAGES)) * traffic.deliveries
  costs[pattern.name] = Math.round(((many - few) / messages) * 10) / 10
}
console.log(JSON.stringify(costs))

/** By how many bytes so many rounds make the heap grow, the least of several measurements. */
async function least(traffic: Traffic, rounds: number): Promise<number> {
  let bytes = Infinity
  for (let measurement = 0; measurement < MEASUREMENTS; measurement++) {
    globalThis.gc!()
    const before = process.memoryUsage()
    await traffic.play(rounds)
    const after = process.memoryUsage()
    bytes = Math.min(bytes, after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers)
  }
  return bytes
}
