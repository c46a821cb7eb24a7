import { fileURLToPath } from 'node:url'

/** Run inside a package (tooling/house/night.mjs does, in a copy of the checkout: sources are changed in place). */
export default {
  testRunner: 'vitest',
  plugins: [fileURLToPath(import.meta.resolve('@stryker-mutator/vitest-runner'))],
  mutate: ['src/**/*.ts', '!src/**/*.test.ts', '!src/**/testing/**', '!src/**/index.ts'],
  inPlace: true,
  coverageAnalysis: 'perTest',
  concurrency: 2,
  reporters: ['clear-text'],
  clearTextReporter: { allowColor: false, reportTests: false, reportMutants: true },
  allowConsoleColors: false,
  checkers: [],
  ignorePatterns: ['dist', 'coverage'],
}
