import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleProgram } from '@godwit/vitest-preset/bundle'

const HERE = dirname(fileURLToPath(import.meta.url))

/**
 * The bundle of a program here, and where it is.
 *
 * @param {string} name of `src/NAME.ts`
 */
export const bundle = (name) =>
  bundleProgram(join(HERE, 'src', `${name}.ts`), join(HERE, 'dist', `${name.replaceAll('/', '-')}.mjs`), {
    external: ['fast-check', 'vitest', 'ws'],
  })
