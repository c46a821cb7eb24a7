import { fileURLToPath } from 'node:url'

// A property runs again for every fault on its way.
process.env['GODWIT_FAST_CHECK_MOST'] ??= '60'

/** Run inside a package (tooling/house/night.mjs does, in a copy of the checkout: sources are changed in place). */
export default {
  testRunner: 'vitest',
  plugins: [fileURLToPath(import.meta.resolve('@stryker-mutator/vitest-runner'))],
  mutate: [
    'src/**/*.ts',
    '!src/**/*.test.ts',
    '!src/**/testing/**',
    '!src/**/index.ts',
    // Generated: a test compares its text with what transitions.ts compiles to, so it would find every fault in it.
    '!src/transition-tables.ts',
  ],
  // The same test reads that file; and no checker looks at types.
  disableTypeChecks: false,
  inPlace: true,
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // The night fails below it.
  thresholds: { high: 95, low: 90, break: 90 },
  reporters: ['clear-text'],
  clearTextReporter: { allowColor: false, reportTests: false, reportMutants: true },
  allowConsoleColors: false,
  checkers: [],
  ignorePatterns: ['dist', 'coverage'],
}
