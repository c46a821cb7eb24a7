import { joinClasses } from './join-classes.mjs'
import { INTERNAL, readClasses } from './read-classes.mjs'
import { rewriteSource } from './rewrite-source.mjs'

/** `mangleProps` of esbuild. */
export const INTERNAL_PROPERTY = new RegExp(`^\\w+\\${INTERNAL}$`)

/**
 * Plugins of a build in which classes that there is one instance of become one function: `root`, whose instance has an instance of each of
 * `classes`, and `face`, which alone is seen from outside. The sources stay objects that know each other by interfaces; the
 * page loads variables and functions.
 *
 * @returns one plugin for esbuild, which reads the sources, and one for tsup, which gets the bundle
 */
export const oneOfEach = (options) => {
  let known
  return {
    reader: {
      name: 'one-of-each',
      setup(build) {
        build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
          known ??= readClasses(options)
          const contents = rewriteSource(known, path)
          return contents === undefined ? undefined : { contents, loader: 'ts' }
        })
      },
    },
    joiner: {
      name: 'one-of-each',
      renderChunk: (code, { path }) => (/\.c?js$/.test(path) ? joinClasses(code, options, path) : undefined),
    },
  }
}
