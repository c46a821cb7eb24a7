import { PATTERNS, Traffic } from './hot-path/traffic.ts'

/**
 * Prints, as JSON, how many bytes of heap each delivered message costs in the patterns of `hot-path/traffic.ts`: growth
 * without a collection, the least of several measurements, after the code has run warm. Run by `allocation.test.ts`,
 * with a young generation that is large enough for all of a measurement.
 */
const MEASUREMENTS = 5
const MESSAGES = 10_000
const WARM_UP_MESSAGES = 40_000

const costs: Record<string, number> = {}
for (const pattern of PATTERNS) {
  const traffic = await Traffic.of(pattern)
  const rounds = (messages: number) => Math.max(1, Math.round(messages / traffic.deliveries))
  await run(traffic, rounds(WARM_UP_MESSAGES))
  let least = Infinity
  for (let measurement = 0; measurement < MEASUREMENTS; measurement++) {
    globalThis.gc!()
    const before = process.memoryUsage()
    const delivered = await run(traffic, rounds(MESSAGES))
    const after = process.memoryUsage()
    const grown = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers
    least = Math.min(least, grown / delivered)
  }
  await traffic.close()
  costs[pattern.name] = Math.round(least * 10) / 10
}
console.log(JSON.stringify(costs))

async function run(traffic: Traffic, rounds: number): Promise<number> {
  let delivered = 0
  for (let round = 0; round < rounds; round++) delivered += await traffic.round()
  if (delivered !== rounds * traffic.deliveries) throw new RangeError(`${delivered} of ${rounds * traffic.deliveries}`)
  return delivered
}
