import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { runSeed } from './run-seed.ts'

/** In a process of its own, from a bundle: prints the trace hash of a seed. */
const hashElsewhere = (seed: string): string =>
  execFileSync(process.execPath, [fileURLToPath(new URL('../trace-hash.mjs', import.meta.url)), seed], {
    encoding: 'utf8',
  }).trim()

it('I29 the same seed goes the same way, twice in one process and in another', { timeout: 180_000 }, async () => {
  const seeds = ['1', '7']
  const hashes = new Set<string>()
  for (const seed of seeds) {
    const first = await runSeed(seed)
    hashes.add(first.traceHash)
    expect(first.operations).toBeGreaterThan(100)
    expect((await runSeed(seed)).traceHash).toBe(first.traceHash)
    expect(hashElsewhere(seed)).toBe(first.traceHash)
  }
  expect(hashes.size).toBe(seeds.length)
})
