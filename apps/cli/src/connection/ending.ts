import { CliError } from '../cli-error.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'

/**
 * What can end a command from outside: `-W`, a signal, or the reader of our output going away. The first one counts; a second signal
 * ends the process at once.
 */
export class Ending {
  /** Resolves with an exit code when the work is done, rejects with what ended it otherwise. */
  readonly reached: Promise<number>
  readonly #controller = new AbortController()
  readonly #release: (() => void)[] = []
  #settle!: { resolve(exitCode: number): void; reject(error: unknown): void }

  constructor(terminal: Terminal, timeoutSeconds: number | undefined) {
    this.reached = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    // Work that fails before anybody waits for `reached` is reported by whoever does it.
    this.reached.catch(() => undefined)
    const stop = terminal.onSignal((signal) => {
      const exitCode = signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated
      if (this.#controller.signal.aborted) process.exit(exitCode)
      this.finish(exitCode)
    })
    const onError = (error: Error): void => {
      // EPIPE: `mqtt sub | head` has read enough. That is how such a pipe ends.
      if ('code' in error && error.code === 'EPIPE') this.finish(ExitCode.success)
      else
        this.fail(
          new CliError(
            'OUTPUT',
            ExitCode.internal,
            `cannot write to standard output: ${error.message}`,
            undefined,
            error,
          ),
        )
    }
    terminal.stdout.on('error', onError)
    this.#release.push(stop, () => terminal.stdout.off('error', onError))
    if (timeoutSeconds !== undefined) {
      const timer = setTimeout(() => this.finish(ExitCode.timeout), timeoutSeconds * 1000)
      this.#release.push(() => clearTimeout(timer))
    }
  }

  /** Aborted as soon as it is over. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  finish(exitCode: number): void {
    this.#settle.resolve(exitCode)
    this.#controller.abort()
  }

  fail(error: unknown): void {
    this.#settle.reject(error)
    this.#controller.abort()
  }

  release(): void {
    for (const release of this.#release) release()
  }
}
