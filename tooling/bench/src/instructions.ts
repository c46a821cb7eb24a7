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
  await traffic.play(traffic.roundsFor(WARM_UP_MESSAGES))
  globalThis.gc!()
  mark()
  delivered[pattern.name] = await traffic.play(traffic.roundsFor(MESSAGES))
  mark()
  await traffic.close()
}
console.log(JSON.stringify(delivered))

function mark(): void {
  process.umask(0o022)
}
