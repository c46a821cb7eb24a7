import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleProgram } from '@godwit/vitest-preset/bundle'

const HERE = dirname(fileURLToPath(import.meta.url))

/**
 * The bundle of a program here, and where it is.
 *
 * @param {string} name of `src/NAME.ts`
 * @param {{ outfile?: string, plugins?: import('esbuild').Plugin[] }} [options]
 */
export const bundle = (name, { outfile = join(HERE, 'dist', `${name}.mjs`), plugins = [] } = {}) =>
  bundleProgram(join(HERE, 'src', `${name}.ts`), outfile, { external: ['ws'], plugins, sourcemap: true })
