import { NOTHING, SEND_PINGREQ, TIMED_OUT } from './codes.ts'

/**
 * The server's half: when a connection that stays silent is to be closed, 1.5 times its Keep Alive after the last packet [MQTT-3.1.2-22].
 *
 * @param keepAliveSeconds 0: never
 * @returns milliseconds in the clock of `lastReceivedMs`; Infinity: never
 * @see MQTT 5.0 §3.1.2.10
 */
export function serverKeepAliveDeadlineMs(keepAliveSeconds: number, lastReceivedMs: number): number {
  return keepAliveSeconds === 0 ? Number.POSITIVE_INFINITY : lastReceivedMs + keepAliveSeconds * 1500
}

/** What the client has to do now: nothing, send a PINGREQ, or close the connection, since the server is gone. */
export const KeepAliveOutcome = { nothing: NOTHING, sendPingreq: SEND_PINGREQ, timedOut: TIMED_OUT } as const
export type KeepAliveOutcomeNumber = (typeof KeepAliveOutcome)[keyof typeof KeepAliveOutcome]

/** A check this much after its deadline means that the machine slept or its clock jumped, not that the server is silent. */
const SLEPT_MS = 5000
const MINIMUM_RESPONSE_MS = 10_000

/**
 * The client's half. A PINGREQ is due when for one Keep Alive nothing was sent [MQTT-3.1.2-20] or nothing received; after it, any packet within the
 * greater of 10 s and half a Keep Alive shows that the server is there. Time is an argument, in milliseconds of one monotonic clock.
 *
 * @see MQTT 5.0 §3.1.2.10, §3.12
 */
export class KeepAlive {
  /** In force: the Server Keep Alive where the server told one [MQTT-3.1.2-21]. 0: off. */
  readonly keepAliveSeconds: number
  /** How long after a PINGREQ the server may stay silent. */
  readonly responseTimeoutMs: number
  #lastSentMs: number
  #lastReceivedMs: number
  /** When the PINGREQ left that nothing has answered yet; undefined: none. */
  #pingSentMs: number | undefined
  #askedAfterSleep = false

  /** @param nowMs the moment of the CONNACK */
  constructor(keepAliveSeconds: number, nowMs: number) {
    this.keepAliveSeconds = keepAliveSeconds
    this.responseTimeoutMs = Math.max(MINIMUM_RESPONSE_MS, keepAliveSeconds * 500)
    this.#lastSentMs = nowMs
    this.#lastReceivedMs = nowMs
  }

  /** When to call `check`; Infinity: never. It moves with every packet, so a timer may also be armed once and asked again when it fires. */
  get deadlineMs(): number {
    if (this.#pingSentMs !== undefined) return this.#pingSentMs + this.responseTimeoutMs
    if (this.keepAliveSeconds === 0) return Infinity
    return Math.min(this.#lastSentMs, this.#lastReceivedMs) + this.keepAliveSeconds * 1000
  }

  /** A packet of any type was sent. */
  sent(nowMs: number): void {
    this.#lastSentMs = nowMs
  }

  /** A packet of any type arrived: the server is there. */
  received(nowMs: number): void {
    this.#lastReceivedMs = nowMs
    this.#pingSentMs = undefined
    this.#askedAfterSleep = false
  }

  /** What is due now. `sendPingreq` counts as sent. */
  check(nowMs: number): KeepAliveOutcomeNumber {
    const lateMs = nowMs - this.deadlineMs
    if (lateMs < 0) return NOTHING
    if (this.#pingSentMs === undefined) return this.probe(nowMs)
    if (lateMs < SLEPT_MS || this.#askedAfterSleep) return TIMED_OUT
    // The answer may wait in the socket: ask once more before giving up.
    this.#askedAfterSleep = true
    return this.probe(nowMs)
  }

  /** Asks the server now, for instance when a page becomes visible or the network comes back; also where Keep Alive is off. */
  probe(nowMs: number): KeepAliveOutcomeNumber {
    this.#pingSentMs = nowMs
    this.#lastSentMs = nowMs
    return SEND_PINGREQ
  }
}
