import { defineConfig } from 'tsup'

const common = {
  outDir: 'dist',
  target: 'es2023',
  clean: true,
  sourcemap: true,
  splitting: true,
  silent: true,
  esbuildOptions(options) {
    // Sibling packages stay external, so their sources are never bundled in; within a package nothing needs the condition.
    options.conditions = []
  },
}

/** A published library: ESM and CJS with declarations for both, one entry for each export. */
export const library = (entry) =>
  defineConfig({
    ...common,
    entry,
    format: ['esm', 'cjs'],
    platform: 'neutral',
    // The tests' tsconfig knows Node's types, which `./node` and `./testing` entries need. `tsc -p tsconfig.json` proves purity.
    tsconfig: 'tsconfig.test.json',
    // fast-check and vitest belong to whoever imports a `./testing` entry; a bundled copy would be a second instance.
    external: [/^node:/, 'ws', 'fast-check', 'vitest'],
    // The type check is a step of its own: here declarations are only written.
    dts: { compilerOptions: { ignoreDeprecations: '6.0', customConditions: [], noCheck: true } },
  })

/** A command: ESM for Node only, no declarations. */
export const application = (entry) => defineConfig({ ...common, entry, format: ['esm'], platform: 'node', dts: false })
