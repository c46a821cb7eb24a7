import { createRequire, isBuiltin } from 'node:module'
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
  await build({ ...forNode, entryPoints: [entry], outfile, ...options })
  return outfile
}

/**
 * The same of a text, as if it lay in a folder. Packages of others stay where they are, named by their paths, so that it runs from
 * anywhere.
 *
 * @param {string} text
 * @param {string} folder
 * @returns {Promise<string>}
 */
export async function bundleText(text, folder) {
  const stdin = { contents: text, loader: /** @type {const} */ ('ts'), resolveDir: folder }
  const { outputFiles } = await build({ ...forNode, stdin, write: false, plugins: [othersOutside] })
  return outputFiles[0]?.text ?? ''
}

/** @satisfies {import('esbuild').BuildOptions} */
const forNode = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'es2023',
  conditions: ['godwit-source'],
  logLevel: 'error',
}

/** @type {import('esbuild').Plugin} */
const othersOutside = {
  name: 'others-outside',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^[a-z@]/ }, ({ path, resolveDir }) =>
      isBuiltin(path) || path.startsWith('@godwit/')
        ? undefined
        : { path: createRequire(`${resolveDir}/`).resolve(path), external: true },
    )
  },
}
