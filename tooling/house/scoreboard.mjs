import { StepFailed } from './run.mjs'

/** Counts what was checked, prints a line for each step when it ends, and everything that failed at the end, in full. */
export class Scoreboard {
  passed = 0
  failed = 0
  /** @type {{ title: string, text: string }[]} */
  #failures = []
  /** @type {string[]} */
  #skipped = []

  /**
   * One check: it passes, or it throws and what it says is a failure.
   *
   * @param {string} title
   * @param {() => Promise<unknown>} work
   * @returns {Promise<boolean>} whether it passed
   */
  async check(title, work) {
    return this.step(title, async () => {
      await work()
      this.pass()
    })
  }

  /**
   * A step that counts its own checks with `pass`, `fail` and `skip`; what it throws is one failure more.
   *
   * @param {string} title
   * @param {() => Promise<unknown>} work
   * @returns {Promise<boolean>}
   */
  async step(title, work) {
    const started = performance.now()
    const before = this.failed
    try {
      await work()
    } catch (error) {
      this.fail(title, error instanceof StepFailed ? `${error.output.trimEnd()}\n${error.message}` : describe(error))
    }
    const ok = this.failed === before
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6)
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${seconds} s  ${title}`)
    return ok
  }

  pass(count = 1) {
    this.passed += count
  }

  /**
   * @param {string} title
   * @param {string} text
   */
  fail(title, text) {
    this.failed += 1
    this.#failures.push({ title, text })
  }

  /** @param {string} line */
  skip(line) {
    this.#skipped.push(line)
  }

  /** Prints what failed and what was skipped, and as the last line the sum. */
  close() {
    for (const { title, text } of this.#failures) console.log(`\n--- ${title}\n${text}`)
    if (this.#skipped.length > 0) console.log('')
    for (const line of this.#skipped) console.log(line)
    console.log(`\n${this.passed} passed, ${this.failed} failed`)
  }
}

/** @param {unknown} error */
const describe = (error) => (error instanceof Error ? (error.stack ?? error.message) : String(error))
