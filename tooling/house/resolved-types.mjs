// resolved-types.mjs TARBALL...: whether TypeScript finds the right types of every entry of these packages, imported and required,
// with Node's rules and a bundler's. One process for all of them, because half of the work is to read TypeScript itself.
// A line of JSON for each: what is wrong with it, which is nothing where it is right.
import { readFileSync } from 'node:fs'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { problemAffectsResolutionKind, problemKindInfo } from '@arethetypeswrong/core/problems'

/** Node 10 knows no `exports`, so its rules find no entry but the main one. */
const RESOLUTIONS = /** @type {const} */ (['node16-cjs', 'node16-esm', 'bundler'])

for (const tarball of process.argv.slice(2)) {
  const found = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))), {
    excludeEntrypoints: ['./package.json'],
  })
  const wrong = 'problems' in found ? problemsOf(found) : ['it has no types']
  console.log(JSON.stringify({ tarball, wrong }))
}

/** @param {import('@arethetypeswrong/core').Analysis} analysis */
function problemsOf(analysis) {
  return analysis.problems
    .filter((problem) => RESOLUTIONS.some((kind) => problemAffectsResolutionKind(problem, kind, analysis)))
    .map((problem) => {
      const { title, description } = problemKindInfo[problem.kind]
      return `${title}: ${description} ${JSON.stringify(problem)}`
    })
}
