import { Readable } from 'node:stream'
import type { OutputStream, Terminal } from '../terminal.ts'

/** Collects what is written. */
export class FakeOutput implements OutputStream {
  readonly isTTY: boolean
  readonly columns: number = 100
  readonly chunks: Buffer[] = []
  /** Every further write fails with it, as when the reader of a pipe is gone. */
  failure: Error | undefined
  readonly #listeners = new Set<(error: Error) => void>()

  constructor(isTTY = false) {
    this.isTTY = isTTY
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString()
  }

  write(bytes: Uint8Array | string, done?: (error?: Error | null) => void): boolean {
    const { failure } = this
    if (failure === undefined) this.chunks.push(Buffer.from(bytes as Uint8Array))
    queueMicrotask(() => {
      done?.(failure)
      if (failure !== undefined) for (const listener of this.#listeners) listener(failure)
    })
    return true
  }

  on(_event: 'error', listener: (error: Error) => void): void {
    this.#listeners.add(listener)
  }

  off(_event: 'error', listener: (error: Error) => void): void {
    this.#listeners.delete(listener)
  }

  get listenerCount(): number {
    return this.#listeners.size
  }
}

export class FakeTerminal implements Terminal {
  stdin: Terminal['stdin']
  readonly stdout: FakeOutput
  readonly stderr: FakeOutput
  readonly environment: Record<string, string | undefined>
  readonly #signalListeners = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>()

  constructor(
    options: { input?: Iterable<Uint8Array | string>; environment?: Record<string, string>; isTTY?: boolean } = {},
  ) {
    this.stdin = Readable.from(options.input ?? [])
    this.stdout = new FakeOutput(options.isTTY)
    this.stderr = new FakeOutput(options.isTTY)
    this.environment = options.environment ?? {}
  }

  /** 2024-05-06T20:12:00.006368637Z */
  now(): bigint {
    return 1_715_026_320_006_368_637n
  }

  onSignal(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void {
    this.#signalListeners.add(listener)
    return () => this.#signalListeners.delete(listener)
  }

  raise(signal: 'SIGINT' | 'SIGTERM'): void {
    for (const listener of this.#signalListeners) listener(signal)
  }

  /** Listeners that a command left behind. */
  get leftovers(): number {
    return this.#signalListeners.size + this.stdout.listenerCount
  }
}
