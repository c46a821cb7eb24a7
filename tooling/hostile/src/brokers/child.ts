import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { answers } from '@godwit/vitest-preset/loopback'
import { BrokerMissing } from './running-broker.ts'

/** A child process whose end and last words are known. */
export class Child {
  readonly process: ChildProcess
  end: string | undefined
  log = ''
  readonly #gone: Promise<unknown>

  constructor(process: ChildProcess) {
    this.process = process
    this.#gone = once(process, 'close')
    for (const output of [process.stderr, process.stdout]) {
      output?.on('data', (chunk: Buffer) => (this.log = (this.log + chunk.toString()).slice(-200_000)))
    }
    process.once('exit', (code, signal) => {
      this.end = `the process ended: ${signal ?? `exit code ${code}`}; ${this.log.trim().slice(-600)}`
    })
  }

  get processId(): number {
    return this.process.pid ?? 0
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.end === undefined) this.process.kill(signal)
    await this.#gone
  }

  /** Resolves when something takes connections there. */
  async listensAt(port: number): Promise<void> {
    while (!(await answers(port))) {
      if (this.end !== undefined) throw new BrokerMissing(this.end)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}
