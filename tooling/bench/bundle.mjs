import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleProgram } from '@godwit/vitest-preset/bundle'

const HERE = dirname(fileURLToPath(import.meta.url))
const PEERS = ['aedes', 'fast-check', 'mqtt', 'mqtt-packet', 'qlobber', 'vitest', 'ws']

/**
 * The bundle of a program here, and where it is. What is measured is either the built packages, as users load them, or one
 * bundle of their sources, for which nothing has to be built.
 *
 * @param {string} name of `src/NAME.ts`
 * @param {'built' | 'source'} what
 */
export const bundle = (name, what) =>
  bundleProgram(join(HERE, 'src', `${name}.ts`), join(HERE, 'dist', what, `${name}.mjs`), {
    sourcemap: true,
    ...(what === 'source' ? { external: PEERS } : { packages: 'external', conditions: [] }),
  })
