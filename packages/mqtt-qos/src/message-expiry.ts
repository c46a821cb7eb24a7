/**
 * The Message Expiry Interval to forward: what is left of the one received, in whole seconds and never below 0 [MQTT-3.3.2-6].
 *
 * @param intervalSeconds as received
 * @param waitedMs how long the message waited here; a negative one, from a clock that went back, counts as 0
 * @see MQTT 5.0 §3.3.2.3.3
 */
export function remainingExpiryIntervalSeconds(intervalSeconds: number, waitedMs: number): number {
  return Math.max(0, intervalSeconds - Math.floor(Math.max(0, waitedMs) / 1000))
}

/** The interval has passed: a copy whose delivery has not begun is dropped [MQTT-3.3.2-5]. An interval of 0 reaches who is there at once. */
export function isMessageExpired(intervalSeconds: number, waitedMs: number): boolean {
  return waitedMs > intervalSeconds * 1000
}

/** The last moment at which the message may still be sent, in the clock of `receivedAtMs`. */
export function messageExpiryDeadlineMs(intervalSeconds: number, receivedAtMs: number): number {
  return receivedAtMs + intervalSeconds * 1000
}
