import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'

/** Declarations of each source file, until they are bundled. */
const FILES = resolve('node_modules/.cache/declarations')

/**
 * Writes the declarations of a package to dist, for ESM and for CJS. TypeScript's native compiler writes those of each file, and a
 * bundler puts together what belongs to an entry: all of it takes 2 s, where tsup, which does the same with the compiler in
 * JavaScript, takes 10.
 *
 * @param {Record<string, string>} entry source files, by the name of the entry
 */
export async function writeDeclarations(entry) {
  rmSync(FILES, { recursive: true, force: true })
  mkdirSync(FILES, { recursive: true })
  await declareFiles(Object.values(entry))
  await bundleDeclarations(Object.entries(entry).map(([name, file]) => [name, declarationOf(resolve(file))]))
  rmSync(FILES, { recursive: true, force: true })
}

/**
 * The type check is a step of its own: here declarations are only written. Siblings are known by their declarations.
 *
 * @param {string[]} files
 */
async function declareFiles(files) {
  const configuration = {
    extends: resolve('tsconfig.json'),
    compilerOptions: {
      rootDir: resolve('.'),
      outDir: FILES,
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      noCheck: true,
      customConditions: [],
    },
    files: files.map((file) => resolve(file)),
    include: [],
  }
  const path = join(FILES, 'tsconfig.json')
  writeFileSync(path, JSON.stringify(configuration))
  await promisify(execFile)(process.execPath, [COMPILER, '--project', path])
}

/** @param {[name: string, file: string][]} entries */
async function bundleDeclarations(entries) {
  const bundle = await rolldown({
    input: Object.fromEntries(entries),
    external: (name) => !/^[./]/.test(name),
    // A comment with the name of each file, which nobody has.
    experimental: { attachDebugInfo: 'none' },
    plugins: [declarationsOfSources, dts({ dtsInput: true, sourcemap: false, tsconfig: false })],
  })
  for (const extension of ['d.ts', 'd.cts'])
    await bundle.write({
      dir: 'dist',
      entryFileNames: `[name].${extension}`,
      chunkFileNames: `[name]-[hash].${extension}`,
    })
  await bundle.close()
}

/** A declaration says `./wire.ts` as its source does, and means `./wire.d.ts`. */
const declarationsOfSources = {
  name: 'declarations-of-sources',
  resolveId: {
    order: 'pre',
    handler: (name, importer) =>
      importer !== undefined && /^\..*(?<!\.d)\.ts$/.test(name)
        ? resolve(importer, '..', name.replace(/\.ts$/, '.d.ts'))
        : undefined,
  },
}

/** @param {string} source */
const declarationOf = (source) => join(FILES, relative('.', source).replace(/\.ts$/, '.d.ts'))

const COMPILER = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript-native/package.json')))
