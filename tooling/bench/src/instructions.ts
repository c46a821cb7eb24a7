import { PATTERNS, Traffic } from './hot-path/traffic.ts'

/**
 * Runs the patterns of `hot-path/traffic.ts` and prints, as JSON, how many messages each delivered between two marks.
 * `instructions.test.ts` counts from outside what is executed between them. A mark is a call of umask(2), which nothing else
 * here calls.
 */
const MESSAGES = 2000
const WARM_UP_MESSAGES = 4000

const delivered: Record<string, number> = {}
for (const pattern of PATTERNS) {
  const traffic = await Traffic.of(pattern)
  const rounds = (messages: number) => Math.max(1, Math.round(messages / traffic.deliveries))
  await run(traffic, rounds(WARM_UP_MESSAGES))
  globalThis.gc!()
  mark()
  delivered[pattern.name] = await run(traffic, rounds(MESSAGES))
  mark()
  await traffic.close()
}
console.log(JSON.stringify(delivered))

async function run(traffic: Traffic, rounds: number): Promise<number> {
  let messages = 0
  for (let round = 0; round < rounds; round++) messages += await traffic.round()
  if (messages !== rounds * traffic.deliveries) throw new RangeError(`${messages} of ${rounds * traffic.deliveries}`)
  return messages
}

function mark(): void {
  process.umask(0o022)
}
