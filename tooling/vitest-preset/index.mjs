import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { HouseReporter } from './house-reporter.mjs'

/**
 * Tests of one package, against the sources of its siblings: nothing has to be built first. Coverage floors come from
 * coverage-floors.json by package name; a package that is not in the table measures nothing.
 */
export const packageTests = ({ coverage = {}, test = {} } = {}) => {
  const { name } = JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8'))
  const floors = JSON.parse(readFileSync(new URL('coverage-floors.json', import.meta.url), 'utf8'))
  return defineConfig({
    resolve: { conditions: ['godwit-source'] },
    ssr: { resolve: { conditions: ['godwit-source'] } },
    test: {
      // Stryker, which counts every statement, has a timeout of its own for each fault.
      testTimeout: process.env.GODWIT_FAST_CHECK_MOST ? 600_000 : 20_000,
      ...processes(test.exclude),
      // Loaded only where it has something to say: fast-check costs every test file 50 ms.
      setupFiles:
        process.env.GODWIT_FAST_CHECK_RUNS || process.env.GODWIT_FAST_CHECK_MOST ? [here('fast-check-runs.mjs')] : [],
      reporters: ['default', new HouseReporter(name)],
      ...test,
      coverage: {
        provider: 'v8',
        include: ['src/**/*.ts'],
        exclude: ['src/**/*.test.ts', 'src/**/testing/**', 'src/**/index.ts'],
        reporter: ['text-summary', 'json-summary'],
        reportOnFailure: true,
        thresholds: floors[name] ?? {},
        ...coverage,
      },
    },
  })
}

/**
 * One process for the files of a package: a fresh one for each would load the same modules again, 0.3 s a file, and compile them
 * again. Only a file that replaces modules has a process of its own, so that no other file sees them.
 */
function processes(exclude = []) {
  // knip reads the settings of every package from the root, and runs nothing.
  const files = existsSync('src') ? readdirSync('src', { recursive: true, encoding: 'utf8' }) : []
  const alone = files
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `src/${file}`)
    .filter((file) => REPLACES_MODULES.test(readFileSync(file, 'utf8')))
  if (alone.length === 0) return { include: ALL, isolate: false }
  const together = { name: 'together', include: ALL, exclude: [...exclude, ...alone], isolate: false }
  const apart = { name: 'alone', include: alone, exclude, isolate: true }
  return { projects: [together, apart].map((each) => ({ extends: true, test: each })) }
}

const ALL = ['src/**/*.test.ts']
const REPLACES_MODULES = /\bvi\.(?:mock|doMock)\(/

const here = (file) => fileURLToPath(new URL(file, import.meta.url))
