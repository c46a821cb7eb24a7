import { OutboundQueue } from './outbound-queue.ts'
import type { Subscription } from './subscription.ts'

/** A Shared Subscription: its members, and what waits for one of them (§4.8.2). */
export class SharedGroup {
  readonly shareName: string
  readonly matchedFilter: string
  readonly members: Subscription[] = []
  readonly queue = new OutboundQueue()
  /** Its number in the store; 0: no member of it has ever been written down. */
  number = 0
  /** The sequence of its next message in the store. */
  nextSequence = 0
  /** Members whose Sessions are written down: while there is one, so are its messages. */
  storedMembers = 0
  /** Whose turn it is. */
  turn = 0

  constructor(shareName: string, matchedFilter: string) {
    this.shareName = shareName
    this.matchedFilter = matchedFilter
  }

  /** Its key among groups: the ShareName and what it matches. */
  get name(): string {
    return `${this.shareName}/${this.matchedFilter}`
  }
}
