// Prints the trace hash of one seed: the same on every machine and every version of Node.
import { pathToFileURL } from 'node:url'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from './bundle.mjs'

const folder = mkdtempSync(join(tmpdir(), 'godwit-simulator-'))
try {
  const file = await bundle('run-seed', { outfile: join(folder, 'run-seed.mjs') })
  const { runSeed } = await import(pathToFileURL(file).href)
  console.log((await runSeed(process.argv[2] ?? '1')).traceHash)
} finally {
  rmSync(folder, { recursive: true })
}
