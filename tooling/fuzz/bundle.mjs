import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const HERE = dirname(fileURLToPath(import.meta.url))

/**
 * One file of plain JavaScript from the sources of everything, and where it is: a loader that compiles on the fly makes the code
 * slower than it is.
 *
 * @param {string} name of `src/NAME.ts`
 */
export async function bundle(name) {
  const outfile = join(HERE, 'dist', `${name.replaceAll('/', '-')}.mjs`)
  await build({
    entryPoints: [join(HERE, 'src', `${name}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2023',
    conditions: ['godwit-source'],
    external: ['fast-check', 'vitest', 'ws'],
    logLevel: 'error',
  })
  return outfile
}
