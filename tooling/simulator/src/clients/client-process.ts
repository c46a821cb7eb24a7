import type { Scheduled } from '../world/schedule.ts'

/** One process in which a client lives: after its end nothing of it happens. */
export class ClientProcess {
  readonly timers = new Set<Scheduled>()
  ended = false

  end(): void {
    this.ended = true
    for (const timer of this.timers) timer.cancelled = true
    this.timers.clear()
  }
}
