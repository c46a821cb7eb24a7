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
export function reconnectPolicy({ baseMs = 1_000, maximumMs = 60_000, decide }: ReconnectOptions) {
  let failures = 0
  let attempts = 0
  let takeovers = 0
  let onlineSince = Infinity
  return {
    /** Attempts since the last stable connection. */
    get attempts() {
      return attempts
    },

    connecting(): void {
      attempts++
    },

    online(now: number): void {
      onlineSince = now
    },

    /** A connection or an attempt failed: milliseconds to wait, or undefined to give up. `random` in [0, 1). */
    failed(error: MqttError, now: number, random: number): number | undefined {
      const { reasonCode, retryable } = error
      if (now - onlineSince >= STABLE_MS) failures = attempts = takeovers = 0
      onlineSince = Infinity
      if (reasonCode === SESSION_TAKEN_OVER) takeovers++
      if (reasonCode === SERVER_SHUTTING_DOWN || reasonCode === SERVER_BUSY)
        failures = Math.max(failures, FLEET_FAILURES)
      const delayMs = Math.min(baseMs * 2 ** failures++, maximumMs) * random
      const verdict = decide
        ? decide(error, { number: attempts, delayMs })
        : retryable && takeovers <= MAXIMUM_TAKEOVERS
      return verdict === true ? delayMs : verdict === false ? undefined : verdict
    },
  }
}
