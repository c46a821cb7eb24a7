import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const HERE = dirname(fileURLToPath(import.meta.url))

/**
 * One file of plain JavaScript from the sources of everything, and where it is.
 *
 * @param {string} name of `src/NAME.ts`
 * @param {{ outfile?: string, plugins?: import('esbuild').Plugin[] }} [options]
 */
export async function bundle(name, { outfile = join(HERE, 'dist', `${name}.mjs`), plugins = [] } = {}) {
  await build({
    entryPoints: [join(HERE, 'src', `${name}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2023',
    sourcemap: true,
    logLevel: 'error',
    conditions: ['godwit-source'],
    external: ['ws'],
    plugins,
  })
  return outfile
}
