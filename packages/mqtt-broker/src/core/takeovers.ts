import type { Core } from './context.ts'

const WINDOW_MS = 10_000

/** Displacements of one Client Identifier since a moment (milliseconds of the monotonic clock). */
export interface Takeovers {
  readonly since: number
  count: number
}

/** Two Clients that share an identifier displace each other for ever: past the limit the newcomer waits. */
export const takeoverAllowed = (core: Core, clientId: string): boolean => {
  const limit = core.limits.maximumTakeoversPer10Seconds
  if (limit === Infinity) return true
  const byClient = core.takeovers
  for (const [other, takeovers] of byClient) {
    if (takeovers.since + WINDOW_MS > core.now) break
    byClient.delete(other)
  }
  const takeovers = byClient.get(clientId)
  if (takeovers === undefined) {
    byClient.set(clientId, { since: core.now, count: 1 })
    return true
  }
  if (takeovers.count >= limit) {
    core.counters.takeoversRefused++
    core.counters.limitsMet.maximumTakeoversPer10Seconds++
    return false
  }
  takeovers.count++
  return true
}
