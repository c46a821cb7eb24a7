import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { WRITER } from './build-writer.ts'

/** The program of writer.ts, and the lines that it has printed. */
export class WriterProcess {
  readonly lines: string[] = []
  readonly #child
  #partial = ''
  #looked: (() => void)[] = []

  constructor(
    directory: string,
    options: { durability?: 'fsync' | 'process'; valueBytes?: number; env?: Record<string, string>; uid?: number } = {},
  ) {
    const { durability = 'fsync', valueBytes = 64, env = {}, uid } = options
    this.#child = spawn(process.execPath, [WRITER, directory, durability, String(valueBytes)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
      ...(uid !== undefined && { uid }),
    })
    this.#child.stdout.on('data', (chunk: Buffer) => {
      const parts = (this.#partial + chunk.toString()).split('\n')
      this.#partial = parts.pop() ?? ''
      this.lines.push(...parts)
      this.#wake()
    })
    this.#child.on('close', () => this.#wake())
  }

  /** Resolves when so many lines are there, or the process has ended. */
  async printed(count: number): Promise<void> {
    while (this.lines.length < count && this.#child.exitCode === null && this.#child.signalCode === null) {
      await new Promise<void>((resolve) => this.#looked.push(resolve))
    }
  }

  /** SIGKILL; resolves when it is gone and all that it printed has been read. */
  async kill(): Promise<void> {
    const closed = this.#child.stdout.closed ? undefined : once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await closed
  }

  /** Resolves when it has ended by itself. */
  async ended(): Promise<void> {
    if (!this.#child.stdout.closed) await once(this.#child, 'close')
  }

  /** The newest batch whose commit was acknowledged. */
  get acknowledged(): number {
    return Number(this.lines.at(-1) ?? -1)
  }

  #wake(): void {
    const looked = this.#looked
    this.#looked = []
    for (const resolve of looked) resolve()
  }
}
