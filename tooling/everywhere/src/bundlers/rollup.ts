import { join } from 'node:path'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { rollup as open } from 'rollup'
import type { Bundler } from './bundler.ts'

/** Its own core does not minify; whoever uses it adds a plugin for that. */
export const rollup: Bundler = async ({ folder, entries, outFolder }) => {
  const warnings: string[] = []
  await using bundle = await open({
    input: entries.map((entry) => join(folder, entry)),
    plugins: [nodeResolve({ browser: true })],
    onLog: (_level, { message }) => void warnings.push(message),
  })
  await bundle.write({ dir: outFolder, format: 'es' })
  return warnings
}
