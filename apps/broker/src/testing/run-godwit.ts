import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { COMMAND } from './build-command.ts'

export interface Ended {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A process of its own: what it prints, its signals and its exit code are what they are in a shell. */
export class Process implements AsyncDisposable {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #changed = new Set<() => void>()
  #stdout = ''
  #stderr = ''
  #over = false

  constructor(command: string, given: readonly string[]) {
    // `stdbuf` lets C programs say at once what they have to say.
    const unbuffered = command === process.execPath ? [command, ...given] : ['stdbuf', '-oL', command, ...given]
    this.#child = spawn(unbuffered[0]!, unbuffered.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout.on('data', (chunk: Buffer) => this.#note(() => (this.#stdout += chunk.toString())))
    this.#child.stderr.on('data', (chunk: Buffer) => this.#note(() => (this.#stderr += chunk.toString())))
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (exitCode, signal) => {
        this.#note(() => (this.#over = true))
        resolve({ exitCode, signal, stdout: this.#stdout, stderr: this.#stderr })
      })
    })
  }

  /** Waits until it has printed this, on either stream. */
  until(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr)
        if (found === null && !this.#over) return
        this.#changed.delete(look)
        if (found === null) reject(new TypeError(`it ended without ${pattern}: ${this.#stdout}${this.#stderr}`))
        else resolve(found)
      }
      this.#changed.add(look)
      look()
    })
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#over) this.#child.kill('SIGKILL')
    await this.ended
  }

  #note(change: () => void): void {
    change()
    for (const look of this.#changed) look()
  }
}

/** `godwit` with these arguments. */
export const godwit = (...argv: readonly string[]): Process => new Process(process.execPath, [COMMAND, ...argv])

/** `godwit` on a free port, WebSocket off, in memory unless told otherwise; resolves when it listens. */
export const listening = async (...argv: readonly string[]): Promise<{ broker: Process; port: string }> => {
  const broker = godwit(
    '--port',
    '0',
    '--ws-port',
    'off',
    ...(argv.includes('--data-dir') ? [] : ['--no-persistence']),
    ...argv,
  )
  const [, port = ''] = await broker.until(/mqtt:\/\/[^:]+:(\d+)/)
  return { broker, port }
}
