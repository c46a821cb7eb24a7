import { build } from 'esbuild'

/**
 * One file of plain JavaScript for Node from a program and, unless the options say otherwise, from the sources of the packages
 * that it uses: nothing has to be built before, and no loader that compiles on the fly makes the code slower than it is.
 *
 * @param {string} entry the path of the program
 * @param {string} outfile
 * @param {import('esbuild').BuildOptions} [options] of esbuild, such as `external`
 * @returns {Promise<string>} the path of the bundle
 */
export async function bundleProgram(entry, outfile, options = {}) {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2023',
    conditions: ['godwit-source'],
    logLevel: 'error',
    ...options,
  })
  return outfile
}
