import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const HERE = dirname(fileURLToPath(import.meta.url))
const PEERS = ['aedes', 'mqtt-packet', 'qlobber', 'ws']

/**
 * One file of plain JavaScript from `src/NAME.ts`, and where it is. A loader that compiles on the fly would change the code
 * that is measured, so what runs is either the built packages, as users load them, or one bundle of their sources, for which
 * nothing has to be built.
 *
 * @param {string} name
 * @param {'built' | 'source'} what
 */
export async function bundle(name, what) {
  const outfile = join(HERE, 'dist', what, `${name}.mjs`)
  await build({
    entryPoints: [join(HERE, 'src', `${name}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2023',
    sourcemap: true,
    logLevel: 'error',
    ...(what === 'source' ? { conditions: ['godwit-source'], external: PEERS } : { packages: 'external' }),
  })
  return outfile
}
