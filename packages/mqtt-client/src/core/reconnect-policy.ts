import type { ReconnectOptions } from '../api/options.ts'
import type { MqttError } from '../errors.ts'
import { SERVER_BUSY, SERVER_SHUTTING_DOWN, SESSION_TAKEN_OVER } from './reason-code.ts'

/** Times in a row that a Session may be taken over from us before we stop taking it back. */
const MAXIMUM_TAKEOVERS = 3
/** A connection that held for so long starts the backoff anew. */
const STABLE_MS = 30_000
/**
 * Failures that a server counts for which told everybody at once to go: the window is then 60 s at once. At most 3 % of a fleet connect in any
 * second, however long the server is away; with 32 s 5.5 % did when it was away for 30 s.
 */
const FLEET_FAILURES = 6

/** Reason Codes that trying again does not change: section 4.13 and the ones that name our own input. */
const FATAL = [0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x90, 0x95, 0x99, 0x9a, 0x9b, 0x9e, 0xa1, 0xa2]

export const isRetryable = (reasonCode: number) => !FATAL.includes(reasonCode)

/**
 * When to try again. Full jitter: a delay anywhere in a window that doubles from `baseMs` up to `maximumMs`. Only a connection that held starts
 * it anew, so a server that kicks right after CONNACK is left alone like one that is down. A server that says it is shutting down or busy says
 * it to everybody at once: then the window begins wide.
 */
export class ReconnectPolicy {
  /** Since the last stable connection. */
  attempts = 0
  readonly #options: ReconnectOptions
  #failures = 0
  #takeovers = 0
  #onlineSince = Infinity

  constructor(options: ReconnectOptions) {
    this.#options = options
  }

  connecting(): void {
    this.attempts++
  }

  online(now: number): void {
    this.#onlineSince = now
  }

  /** A connection or an attempt failed: milliseconds to wait, or undefined to give up. `random` in [0, 1). */
  failed(error: MqttError, now: number, random: number): number | undefined {
    const { baseMs = 1_000, maximumMs = 60_000, decide } = this.#options
    const { reasonCode, retryable } = error
    if (now - this.#onlineSince >= STABLE_MS) this.#failures = this.attempts = this.#takeovers = 0
    this.#onlineSince = Infinity
    if (reasonCode === SESSION_TAKEN_OVER) this.#takeovers++
    if (reasonCode === SERVER_SHUTTING_DOWN || reasonCode === SERVER_BUSY)
      this.#failures = Math.max(this.#failures, FLEET_FAILURES)
    const delayMs = Math.min(baseMs * 2 ** this.#failures++, maximumMs) * random
    const verdict = decide
      ? decide(error, { number: this.attempts, delayMs })
      : retryable && this.#takeovers <= MAXIMUM_TAKEOVERS
    return verdict === true ? delayMs : verdict === false ? undefined : verdict
  }
}
