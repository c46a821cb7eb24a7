import type { Logger } from '@godwit/mqtt-broker/ports'

/** Keeps what was logged, and lets a test wait for it. */
export class RecordingLogger implements Logger {
  readonly #messages: string[] = []
  #waiting: (() => void)[] = []

  debug(_fields: object, message: string): void {
    this.#record(message)
  }
  info(_fields: object, message: string): void {
    this.#record(message)
  }
  warn(_fields: object, message: string): void {
    this.#record(message)
  }
  error(_fields: object, message: string): void {
    this.#record(message)
  }

  count(message: string): number {
    return this.#messages.filter((each) => each === message).length
  }

  /** Resolves once the message is there. */
  async says(message: string): Promise<void> {
    while (this.count(message) === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #record(message: string): void {
    this.#messages.push(message)
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
