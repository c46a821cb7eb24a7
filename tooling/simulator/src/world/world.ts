import type { HistoryEvent } from '../history.ts'
import { Random } from './random.ts'
import { Schedule } from './schedule.ts'
import { TraceHash } from './trace-hash.ts'

/** What everybody in one simulation shares: the clock, the history of everything, and a number of it. */
export class World {
  readonly random: Random
  readonly schedule: Schedule
  readonly history: HistoryEvent[] = []
  readonly hash = new TraceHash()
  nextConnection = 1
  /** What the wall clocks say at the beginning: milliseconds since 1970. */
  wallMs = 1_000_000_000_000
  /** Something that runs on promises was touched: they are let run before the next step. */
  promises = true
  /** Nothing goes wrong any more. */
  healed = false

  constructor(seed: string) {
    this.random = new Random(seed)
    this.schedule = new Schedule(this.random.fork('ties'))
  }

  get now(): number {
    return this.schedule.now
  }

  record(event: HistoryEvent): void {
    this.history.push(event)
    this.hash.number(event.at)
    this.hash.kind(event.type)
    if ('connection' in event) this.hash.number(event.connection)
  }

  /** Runs until a time, promises between steps. */
  async run(until: number): Promise<void> {
    do {
      if (this.promises) {
        this.promises = false
        await settled()
      }
    } while (this.schedule.step(until))
    this.schedule.now = Math.max(this.schedule.now, until)
  }
}

/** Every promise that can go on has. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
