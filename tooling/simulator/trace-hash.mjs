// Prints the trace hashes of seeds, one a line: the same on every machine and every version of Node.
import { pathToFileURL } from 'node:url'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from './bundle.mjs'

const [, , ...seeds] = process.argv
const folder = mkdtempSync(join(tmpdir(), 'godwit-simulator-'))
try {
  const file = await bundle('run-seed', { outfile: join(folder, 'run-seed.mjs') })
  const { runSeed } = await import(pathToFileURL(file).href)
  for (const seed of seeds.length === 0 ? ['1'] : seeds) console.log((await runSeed(seed)).traceHash)
} finally {
  rmSync(folder, { recursive: true })
}
