import { defineConfig } from 'vitest/config'

/** Tests of one package, against the sources of its siblings: nothing has to be built first. */
export const packageTests = ({ coverage = {}, test = {} } = {}) =>
  defineConfig({
    resolve: { conditions: ['godwit-source'] },
    ssr: { resolve: { conditions: ['godwit-source'] } },
    test: {
      include: ['src/**/*.test.ts'],
      testTimeout: 20_000,
      ...test,
      coverage: {
        provider: 'v8',
        include: ['src/**/*.ts'],
        exclude: ['src/**/*.test.ts', 'src/**/testing/**', 'src/**/index.ts'],
        reporter: ['text-summary', 'json-summary'],
        ...coverage,
      },
    },
  })
