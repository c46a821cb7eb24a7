import { requireReceiveMaximum } from './qos-error.ts'

/**
 * How many QoS 1 and 2 messages may still be sent (the send quota). It starts at the peer's Receive Maximum, or at our own limit where that is
 * smaller [MQTT-4.9.0-1]; a PUBLISH takes one, and PUBACK, PUBCOMP or a refusing PUBREC gives it back.
 *
 * @see MQTT 5.0 §4.9
 */
export class SendQuota {
  /** What it started at on this connection. */
  start: number
  available: number
  readonly #own: number

  /** @param receiveMaximum our own limit, 1 to 65,535; throws `QosError` otherwise. */
  constructor(receiveMaximum: number) {
    this.#own = this.start = this.available = requireReceiveMaximum(receiveMaximum)
  }

  /** Takes one; false where none is left [MQTT-4.9.0-2]. */
  take(): boolean {
    if (this.available === 0) return false
    this.available -= 1
    return true
  }

  /** Gives one back, never beyond the start: a PUBCOMP for a PUBREL of an earlier connection lifts nothing. */
  give(): void {
    if (this.available < this.start) this.available += 1
  }

  /**
   * A new connection: starts at the smaller of our own limit and the peer's new Receive Maximum, less what is outstanding on it already.
   * A value below 1 counts as 1, since a quota that starts at 0 would never send [MQTT-4.9.0-1].
   */
  restart(receiveMaximum: number, outstanding = 0): void {
    this.start = Math.max(1, Math.min(this.#own, receiveMaximum))
    this.available = Math.max(0, this.start - outstanding)
  }
}
