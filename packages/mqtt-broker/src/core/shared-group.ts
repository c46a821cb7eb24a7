import { OutboundQueue } from './outbound-queue.ts'
import type { Subscription } from './subscription.ts'

/** A Shared Subscription: its members, and what waits for one of them (§4.8.2). */
export class SharedGroup {
  readonly shareName: string
  readonly matchedFilter: string
  readonly members: Subscription[] = []
  readonly queue = new OutboundQueue()
  /** Whose turn it is. */
  turn = 0

  constructor(shareName: string, matchedFilter: string) {
    this.shareName = shareName
    this.matchedFilter = matchedFilter
  }
}
