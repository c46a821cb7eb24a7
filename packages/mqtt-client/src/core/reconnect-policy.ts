import type { ReconnectOptions } from '../api/options.ts'
import type { MqttError } from '../errors.ts'
import { SERVER_BUSY, SERVER_SHUTTING_DOWN, SESSION_TAKEN_OVER } from './reason-code.ts'

/** Times in a row that a Session may be taken over from us before we stop taking it back. */
const MAXIMUM_TAKEOVERS = 3
/**
 * The window, in units of `baseMs`, after a server told everybody at once to go: 40 s. With it and the next window at most 4.6 % of a fleet
 * connect in any second, however long the server is away; with 32 s 5.5 % did when it was away for 30 s.
 */
const FLEET_WINDOW = 40

/** Reason Codes that trying again does not change: section 4.13 and the ones that name our own input. */
const FATAL = [0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x90, 0x95, 0x99, 0x9a, 0x9b]

export function isRetryable(reasonCode: number): boolean {
  return !FATAL.includes(reasonCode)
}

/**
 * When to try again. Full jitter: a delay anywhere in a window that grows from `baseMs` by `factor` up to `maximumMs`. Only a
 * connection that held for `stableMs` starts it anew, so a server that kicks right after CONNACK is left alone like one that is down.
 * A server that says it is shutting down or busy says it to everybody at once: then the window begins wide.
 */
export class ReconnectPolicy {
  readonly #options: ReconnectOptions
  #failures = 0
  #attempts = 0
  #takeovers = 0
  #onlineSince: number | undefined

  constructor(options: ReconnectOptions) {
    this.#options = options
  }

  /** Attempts since the last stable connection. */
  get attempts(): number {
    return this.#attempts
  }

  connecting(): void {
    this.#attempts++
  }

  online(now: number): void {
    this.#onlineSince = now
  }

  /** A connection or an attempt failed: milliseconds to wait, or undefined to give up. `random` in [0, 1). */
  failed(error: MqttError, now: number, random: number): number | undefined {
    const { baseMs = 1_000, factor = 2, maximumMs = 60_000, stableMs = 30_000, jitter, retries, decide } = this.#options
    if (this.#onlineSince !== undefined && now - this.#onlineSince >= stableMs) {
      this.#failures = this.#attempts = this.#takeovers = 0
    }
    this.#onlineSince = undefined
    const { reasonCode } = error
    if (reasonCode === SESSION_TAKEN_OVER) this.#takeovers++
    let window = baseMs * factor ** this.#failures++
    if (reasonCode === SERVER_SHUTTING_DOWN || reasonCode === SERVER_BUSY) {
      window = Math.max(window, baseMs * FLEET_WINDOW)
      // The one after it is the widest.
      while (baseMs * factor ** this.#failures < window && factor > 1) this.#failures++
    }
    window = Math.min(window, maximumMs)
    const delayMs = jitter === false ? window : jitter === 'equal' ? (window * (1 + random)) / 2 : window * random
    if (retries !== undefined && this.#attempts > retries) return undefined
    const verdict = decide
      ? decide(error, { number: this.#attempts, delayMs })
      : error.retryable && this.#takeovers <= MAXIMUM_TAKEOVERS
    return typeof verdict === 'number' ? verdict : verdict ? delayMs : undefined
  }
}
