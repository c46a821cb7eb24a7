import { rmSync } from 'node:fs'
import { defineConfig } from 'tsup'

const common = {
  outDir: 'dist',
  target: 'es2023',
  sourcemap: true,
  splitting: true,
  silent: true,
  esbuildOptions(options) {
    // Sibling packages stay external, so their sources are never bundled in; within a package nothing needs the condition.
    options.conditions = []
  },
}

const cleanly = (configuration) => {
  rmSync('dist', { recursive: true, force: true })
  return defineConfig(configuration)
}

const published = (entry) => ({
  ...common,
  entry,
  format: ['esm', 'cjs'],
  platform: 'neutral',
  // The whole package's tsconfig knows Node's types, which `./node` and `./testing` entries need. tsconfig.pure.json proves purity.
  tsconfig: 'tsconfig.json',
  // fast-check and vitest belong to whoever imports a `./testing` entry; a bundled copy would be a second instance.
  external: [/^node:/, /^#/, 'ws', 'fast-check', 'vitest'],
  // The type check is a step of its own: here declarations are only written.
  dts: { compilerOptions: { ignoreDeprecations: '6.0', customConditions: [], noCheck: true } },
})

/** A published library: ESM and CJS with declarations for both, one entry for each export. */
export const library = (entry) => cleanly(published(entry))

/**
 * The same for a browser, where every byte counts: what makes bundles smaller than a bundler can is done here. Functions
 * and variables that are used once are put in their place where that saves bytes after compression, constants are folded. Names and lines stay, so that published code can be read and
 * a stack trace says where it was. The main entry is one file, or nothing could be moved across files; the other entries
 * import `./index.ts` as that file.
 */
export const smallLibrary = ({ index, ...others }) => {
  const compact = {
    minify: 'terser',
    terserOptions: {
      module: true,
      ecma: 2020,
      mangle: false,
      // A function put into its only caller would share its scope, and names that differ from place to place compress badly.
      compress: { passes: 3, reduce_funcs: false },
      format: { beautify: true, comments: false },
    },
  }
  return cleanly([
    { ...published({ index }), ...compact, splitting: false },
    { ...published(others), ...compact, splitting: false, esbuildPlugins: [mainEntryIsExternal] },
  ])
}

const mainEntryIsExternal = {
  name: 'main-entry-is-external',
  setup(build) {
    const path = build.initialOptions.format === 'cjs' ? './index.cjs' : './index.js'
    build.onResolve({ filter: /^\.{1,2}\/index\.ts$/ }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path, external: true },
    )
  },
}

/** A command: ESM for Node only, no declarations. */
export const application = (entry) => cleanly({ ...common, entry, format: ['esm'], platform: 'node', dts: false })
