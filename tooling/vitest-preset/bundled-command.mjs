import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { bundleProgram } from './bundle.mjs'

/**
 * Where the bundle of an app's command lies.
 *
 * @param {URL} app the folder of the app
 */
export const bundledCommand = (app) => fileURLToPath(new URL('node_modules/.cache/bundled-command/main.js', app))

/**
 * Bundles an app's command with the sources of its sibling packages, so that a test runs what is in the checkout without
 * building it first. Its dependencies on others stay outside.
 *
 * @param {URL} app
 * @param {string[]} external
 * @param {string} [outfile]
 */
export const bundleCommand = (app, external, outfile = bundledCommand(app)) =>
  bundleScript(new URL('src/main.ts', app), app, external, outfile)

/**
 * The same for any script of a package.
 *
 * @param {URL} script
 * @param {URL} app the folder of its package
 * @param {string[]} external
 * @param {string} outfile
 */
export async function bundleScript(script, app, external, outfile) {
  await bundleProgram(fileURLToPath(script), outfile, { plugins: [outside(app, external)], logLevel: 'warning' })
}

/**
 * Leaves packages where they are. One that only a sibling depends on is named by its path, since the app cannot find it by its name.
 *
 * @param {URL} app
 * @param {readonly string[]} names
 * @returns {import('esbuild').Plugin}
 */
const outside = (app, names) => ({
  name: 'outside',
  setup: ({ onResolve }) => {
    onResolve({ filter: new RegExp(`^(${names.join('|')})$`) }, ({ path, resolveDir }) => {
      const own = existsSync(new URL(`node_modules/${path}/`, app))
      return { path: own ? path : createRequire(`${resolveDir}/`).resolve(path), external: true }
    })
  },
})
