import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/**
 * Writes what a run did to coverage/tests.json, where `npm test` adds the packages up: how many tests passed, which failed
 * and why, which were skipped and why. It is a turbo output, so a cached run reports the same numbers as the run it repeats.
 */
export class HouseReporter {
  constructor(packageName) {
    this.packageName = packageName
  }

  onTestRunEnd(testModules, unhandledErrors) {
    const report = { package: this.packageName, passed: 0, failures: [], skipped: [] }
    for (const module of testModules) {
      const file = relative(process.cwd(), module.moduleId)
      for (const error of module.errors()) report.failures.push({ file, title: 'the file loads', message: text(error) })
      for (const suite of module.children.allSuites())
        for (const error of suite.errors()) report.failures.push({ file, title: suite.fullName, message: text(error) })
      for (const test of module.children.allTests()) tally(report, file, test)
    }
    for (const error of unhandledErrors)
      report.failures.push({ file: '', title: 'nothing is thrown outside a test', message: text(error) })
    const directory = join(process.cwd(), 'coverage')
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'tests.json'), JSON.stringify(report, undefined, 1))
  }
}

function tally(report, file, test) {
  const result = test.result()
  if (result.state === 'passed') report.passed += 1
  else if (result.state === 'failed')
    report.failures.push({ file, title: test.fullName, message: result.errors.map(text).join('\n') })
  else report.skipped.push({ file, title: test.fullName, why: result.note ?? reasonInTitle(test.fullName) })
}

/** Who skips a whole suite for want of a peer writes the reason into its title. */
const reasonInTitle = (title) =>
  /\[skipped: (?<why>[^\]]*)\]/.exec(title)?.groups.why ??
  /\((?<why>[^()]* is not installed[^()]*)\)/.exec(title)?.groups.why

/** A timeout's stack does not hold its message. */
const text = ({ message = '', stack = '' }) =>
  stack.includes(message) ? stack : `${message}\n${stack.split('\n').slice(1, 4).join('\n')}`
