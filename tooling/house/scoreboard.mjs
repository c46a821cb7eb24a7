import { StepFailed } from './run.mjs'

/** What one step has counted. Each has its own, since steps run beside each other. */
export class Step {
  passed = 0
  /** @type {{ title: string, text: string }[]} */
  failures = []
  /** @type {string[]} */
  skipped = []

  pass(count = 1) {
    this.passed += count
  }

  /**
   * @param {string} title
   * @param {string} text
   */
  fail(title, text) {
    this.failures.push({ title, text })
  }

  /** @param {string} line */
  skip(line) {
    this.skipped.push(line)
  }
}

/** Counts what was checked, prints a line for each step when it ends, and everything that failed at the end, in full. */
export class Scoreboard {
  /** @type {Step[]} */
  #steps = []

  get failed() {
    return this.#steps.reduce((sum, { failures }) => sum + failures.length, 0)
  }

  /**
   * One check: it passes, or it throws and what it says is a failure.
   *
   * @param {string} title
   * @param {() => Promise<unknown>} work
   * @returns {Promise<boolean>} whether it passed
   */
  async check(title, work) {
    return this.step(title, async (step) => {
      await work()
      step.pass()
    })
  }

  /**
   * A step that counts its own checks with `pass`, `fail` and `skip`; what it throws is one failure more.
   *
   * @param {string} title
   * @param {(step: Step) => Promise<unknown>} work
   * @returns {Promise<boolean>}
   */
  async step(title, work) {
    const started = performance.now()
    const step = new Step()
    this.#steps.push(step)
    try {
      await work(step)
    } catch (error) {
      step.fail(title, error instanceof StepFailed ? `${error.output.trimEnd()}\n${error.message}` : describe(error))
    }
    const ok = step.failures.length === 0
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6)
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${seconds} s  ${title}`)
    return ok
  }

  /** Prints what failed and what was skipped, and as the last line the sum. */
  close() {
    for (const { failures } of this.#steps)
      for (const { title, text } of failures) console.log(`\n--- ${title}\n${text}`)
    const skipped = this.#steps.flatMap((step) => step.skipped)
    if (skipped.length > 0) console.log('')
    for (const line of skipped) console.log(line)
    const passed = this.#steps.reduce((sum, step) => sum + step.passed, 0)
    console.log(`\n${passed} passed, ${this.failed} failed`)
  }
}

/** @param {unknown} error */
const describe = (error) => (error instanceof Error ? (error.stack ?? error.message) : String(error))
