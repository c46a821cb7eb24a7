import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

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
 */
export async function bundleCommand(app, external) {
  await build({
    entryPoints: [fileURLToPath(new URL('src/main.ts', app))],
    outfile: bundledCommand(app),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['godwit-source'],
    external,
    logLevel: 'warning',
  })
}
