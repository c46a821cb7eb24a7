import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { ROOT } from './run.mjs'
import { workspaces } from './workspaces.mjs'

/**
 * @typedef {{ options: import('typescript').CompilerOptions, files: Set<string>, configurations: string[] }} Group
 *   files that are checked with the same options
 */

/**
 * Checks that pure sources compile as pure: alone, without the types of Node, a browser or a test runner. Whether all files of a
 * package fit together is checked by the linter, which needs their types anyway. Where two tsconfigs have the same options, one
 * program checks the files of both, so that the standard library and a sibling's sources are read and checked once.
 *
 * @returns {string[]} what is wrong, as tsc prints it
 */
export function checkTypes() {
  const groups = groupByOptions(workspaces().flatMap(configurations))
  const roots = new Set(groups.flatMap(({ files }) => [...files]))
  /** @type {Set<import('typescript').Diagnostic>} */
  const found = new Set()
  for (const { options, files } of groups) {
    const program = ts.createProgram({ rootNames: [...files], options })
    for (const each of [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()]) found.add(each)
    for (const source of program.getSourceFiles()) {
      if (!isOurs(program, source)) continue
      // A file that it only imports is checked by the group that it belongs to, with the options that are its own.
      if (roots.has(source.fileName) && !files.has(source.fileName)) continue
      for (const each of program.getSyntacticDiagnostics(source)) found.add(each)
      for (const each of program.getSemanticDiagnostics(source)) found.add(each)
    }
  }
  return [...new Set([...found].map(text))]
}

/**
 * The tsconfig of a package's pure sources, where it has some.
 *
 * @param {import('./workspaces.mjs').Workspace} workspace
 */
function configurations({ folder }) {
  const path = `${folder}/tsconfig.pure.json`
  return existsSync(join(ROOT, path)) ? [path] : []
}

/**
 * @param {string[]} paths
 * @returns {Group[]}
 */
function groupByOptions(paths) {
  /** @type {Map<string, Group>} */
  const groups = new Map()
  for (const path of paths) {
    const { options, fileNames, errors } = read(path)
    if (errors.length > 0) throw new TypeError(errors.map(text).join('\n'))
    if (fileNames.length === 0) throw new TypeError(`${path} has no files`)
    // Where the tsconfig lies is no option, but it is where the search for @types begins: every package has the same ones.
    const key = JSON.stringify(Object.entries({ ...options, configFilePath: undefined }).toSorted())
    const group = groups.get(key) ?? { options, files: new Set(), configurations: [] }
    for (const file of fileNames) group.files.add(file)
    group.configurations.push(path)
    groups.set(key, group)
  }
  return [...groups.values()]
}

/** @param {string} path */
function read(path) {
  const { config, error } = ts.readConfigFile(join(ROOT, path), ts.sys.readFile)
  if (error !== undefined) throw new TypeError(text(error))
  return ts.parseJsonConfigFileContent(config, ts.sys, join(ROOT, path, '..'), undefined, join(ROOT, path))
}

/**
 * @param {import('typescript').Program} program
 * @param {import('typescript').SourceFile} source
 */
const isOurs = (program, source) =>
  !program.isSourceFileDefaultLibrary(source) && !source.fileName.includes('/node_modules/')

/** @param {import('typescript').Diagnostic} diagnostic */
const text = (diagnostic) =>
  ts
    .formatDiagnostic(diagnostic, {
      getCurrentDirectory: () => ROOT,
      getCanonicalFileName: (name) => name,
      getNewLine: () => '\n',
    })
    .trimEnd()

// The check runs as a task of turbo, which knows when nothing has changed.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wrong = checkTypes()
  if (wrong.length > 0) console.error(wrong.join('\n'))
  process.exitCode = wrong.length === 0 ? 0 : 1
}
