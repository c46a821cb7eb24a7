import type { SeedResult } from './run-seed.ts'
import type { WorkerAnswer } from './worker.ts'

const EVERY_MS = 5_000
/** So many failures are told in full. */
const TOLD = 20
/** A machine that does less than a tenth of the seeds in its time proves nothing. */
const LEAST_SHARE = 0.1

/** Adds up what seeds did, and says so while they run and at the end. */
export class Progress {
  readonly #wanted: number | undefined
  readonly #begin = performance.now()
  readonly #hashes = new Map<string, string>()
  #seeds = 0
  #operations = 0
  #connectionFaults = 0
  #crashes = 0
  #simulatedMs = 0
  #failed = 0
  #toldAt = 0

  constructor(wanted: number | undefined) {
    this.#wanted = wanted
  }

  take(answer: WorkerAnswer): void {
    this.#seeds++
    if ('crashed' in answer) this.#fail(answer.seed, [`the simulation itself failed: ${answer.crashed}`])
    else this.#add(answer)
    const now = performance.now()
    if (now < this.#toldAt + EVERY_MS) return
    this.#toldAt = now
    console.log(this.#line())
  }

  hashOf(seed: string): string | undefined {
    return this.#hashes.get(seed)
  }

  /** The summary; the exit code. */
  end(deterministic: boolean, commit: string): number {
    if (!deterministic) this.#fail('', ['I29: the first seed went another way when it ran again'])
    if (this.#wanted !== undefined && this.#seeds < this.#wanted) {
      console.log(`the time was over after ${this.#seeds} of ${this.#wanted} seeds`)
      if (this.#seeds < this.#wanted * LEAST_SHARE) this.#fail('', ['that is less than a tenth'])
    }
    console.log(this.#line())
    console.log(`commit ${commit}, node ${process.version}`)
    console.log(`${this.#seeds + 1 - this.#failed} passed, ${this.#failed} failed`)
    return this.#failed === 0 && this.#seeds > 0 ? 0 : 1
  }

  #add(result: SeedResult): void {
    this.#operations += result.operations
    this.#connectionFaults += result.connectionFaults
    this.#crashes += result.crashes
    this.#simulatedMs += result.simulatedMs
    if (this.#hashes.size < 100) this.#hashes.set(result.seed, result.traceHash)
    if (result.violations.length === 0) return
    this.#fail(
      result.seed,
      result.violations.map(({ invariant, text }) => `${invariant}: ${text}`),
    )
  }

  #fail(seed: string, reasons: readonly string[]): void {
    this.#failed++
    if (this.#failed > TOLD) return
    console.log(`seed ${seed} failed; see it with: pnpm sim replay ${seed}`)
    for (const reason of reasons) console.log(`  ${reason}`)
  }

  #line(): string {
    const seconds = (performance.now() - this.#begin) / 1000
    const count = (value: number): string => Math.round(value).toLocaleString('en')
    const of = this.#wanted === undefined ? '' : ` of ${count(this.#wanted)}`
    return [
      `${count(this.#seeds)}${of} seeds`,
      `${count(this.#operations)} operations`,
      `${count(this.#connectionFaults)} connection faults`,
      `${count(this.#crashes)} ends of the broker`,
      `${(this.#simulatedMs / 3_600_000).toFixed(1)} h simulated`,
      `${count(seconds)} s`,
      `${count(this.#operations / seconds)} operations/s`,
      `${this.#failed} failed`,
    ].join(', ')
  }
}
