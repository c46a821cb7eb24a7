import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { defineConfig } from 'tsup'
import { writeDeclarations } from './declarations.mjs'

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
})

/** A published library: ESM and CJS with declarations for both, one entry for each export. */
export const library = (entry) => cleanly({ ...published(entry), onSuccess: () => writeDeclarations(entry) })

/**
 * For a browser, where every byte counts: what makes bundles smaller than a bundler can is done here. Functions and variables
 * that are used once are put in their place where that saves bytes after compression, constants are folded. Names and lines stay,
 * so that published code can be read and a stack trace says where it was. It is one file, or nothing could be moved across files.
 */
const compact = {
  splitting: false,
  minify: 'terser',
  terserOptions: {
    module: true,
    ecma: 2020,
    mangle: false,
    sourceMap: true,
    // A function put into its only caller would share its scope, and names that differ from place to place compress badly.
    compress: { passes: 3, reduce_funcs: false },
    format: { beautify: true, comments: false, preserve_annotations: true },
  },
}

/**
 * A published library for browsers: the main entry is one file, and the other entries import `./index.ts` as that file.
 */
export const smallLibrary = ({ index, ...others }) =>
  cleanly([
    { ...published({ index }), ...compact, onSuccess: () => writeDeclarations({ index, ...others }) },
    { ...published(others), ...compact, esbuildPlugins: [isExternal('src/index.ts', 'index')] },
  ])

/**
 * A published library with an entry for pages that has in it what it needs of our other packages: so their functions and constants
 * are folded together, and a page can load it without a bundler. `shared` are the modules that must exist once whichever entries a
 * page loads, such as error classes. `internalNames` are properties that get short names there.
 */
export const libraryWithPage = ({ page, shared, internalNames, ...others }) => {
  return cleanly([
    { ...published({ ...others, ...shared }), onSuccess: () => writeDeclarations({ ...others, ...page }) },
    {
      ...published(page),
      ...compact,
      platform: 'browser',
      external: [],
      noExternal: [/^@godwit\//],
      esbuildOptions(options) {
        options.conditions = ['godwit-source', 'browser']
        options.mangleProps = new RegExp(`^(${internalNames.join('|')})$`)
      },
      esbuildPlugins: Object.entries(shared).map(([name, file]) => isExternal(file, name)),
    },
  ])
}

/** A module of this package that is built on its own, as `name`. */
const isExternal = (file, name) => ({
  name: `${name}-is-external`,
  setup(build) {
    const path = `./${name}.${build.initialOptions.format === 'cjs' ? 'cjs' : 'js'}`
    build.onResolve({ filter: /^\..*\.ts$/ }, (found) =>
      found.kind !== 'entry-point' && resolve(found.resolveDir, found.path) === resolve(file)
        ? { path, external: true }
        : undefined,
    )
  },
})

/** A command: ESM for Node only, no declarations. */
export const application = (entry) => cleanly({ ...common, entry, format: ['esm'], platform: 'node' })
