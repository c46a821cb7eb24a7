import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Finished {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** A program that runs beside a test. It is killed with its scope. */
export class Running implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #stdout: Buffer[] = []
  #stderr = ''
  #changed: (() => void)[] = []
  readonly finished: Promise<Finished>

  constructor(command: string, given: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    const path = `${process.env['PATH']}:/usr/sbin`
    this.#child = spawn(command, given, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, PATH: path, ...environment },
    })
    // A program that refuses its options ends without reading: what matters is its exit code, which `finished` gives.
    this.#child.stdin!.on('error', () => {})
    this.#child.stdout!.on('data', (chunk: Buffer) => {
      this.#stdout.push(chunk)
      this.#wake()
    })
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString()
      this.#wake()
    })
    this.finished = once(this.#child, 'close').then(([code]) => {
      this.#wake()
      return { code: code as number | null, stdout: this.stdout, stderr: this.#stderr }
    })
  }

  get stdout(): Buffer {
    return Buffer.concat(this.#stdout)
  }

  get stderr(): string {
    return this.#stderr
  }

  input(text: string): void {
    this.#child.stdin!.end(text)
  }

  /** Gives it lines to read and waits for its end. */
  withInput(lines: readonly string[]): Promise<Finished> {
    this.input(`${lines.join('\n')}\n`)
    return this.finished
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.#child.kill(signal)
  }

  /** Waits until the program has printed something, on either stream. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stdout.toString() + this.#stderr)
      if (found !== null) return found
      if (this.#child.exitCode !== null) {
        throw new Stopped(
          `the program ended with ${this.#child.exitCode} before it printed ${pattern}: ${this.#stderr}`,
        )
      }
      await new Promise<void>((resolve) => this.#changed.push(resolve))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL')
    await this.finished
  }

  #wake(): void {
    const changed = this.#changed
    this.#changed = []
    for (const wake of changed) wake()
  }
}

class Stopped extends Error {
  readonly code = 'PROGRAM_STOPPED'
}

export const run = async (command: string, given: readonly string[], input?: string): Promise<Finished> => {
  await using running = new Running(command, given)
  running.input(input ?? '')
  return await running.finished
}

/** What a program printed that was to end well and without complaint. */
export const outputOf = ({ code, stdout, stderr }: Finished): string => {
  if (code !== 0 || stderr !== '') throw new Stopped(`the program ended with ${code} and said: ${stderr}`)
  return stdout.toString()
}
