import type { SubscribeProperties, SubscriptionRequest } from '@godwit/mqtt-codec'
import { matches } from '@godwit/mqtt-topics'

/** Topic Names whose targets are remembered. At the bound all are forgotten: no peer can make it grow. */
const MAXIMUM_CACHED_TOPICS = 1_024

/** One filter of one Subscription of the application. */
export interface SubscriptionEntry<Owner> {
  readonly owner: Owner
  readonly request: SubscriptionRequest
  readonly properties: SubscribeProperties | undefined
  /** Acknowledged by the server: what is sent again when the server lost the Session. */
  granted: boolean
}

/** What the application is subscribed to, and who gets an incoming message. */
export class Subscriptions<Owner> {
  readonly #entries = new Set<SubscriptionEntry<Owner>>()
  readonly #targets = new Map<string, readonly SubscriptionEntry<Owner>[]>()

  add(entry: SubscriptionEntry<Owner>): void {
    this.#entries.add(entry)
    this.#targets.clear()
  }

  remove(entry: SubscriptionEntry<Owner>): void {
    this.#entries.delete(entry)
    this.#targets.clear()
  }

  all(): SubscriptionEntry<Owner>[] {
    return [...this.#entries]
  }

  /** True while any Subscription has this filter. */
  has(topicFilter: string): boolean {
    return this.all().some((entry) => entry.request.topicFilter === topicFilter)
  }

  /** The owners, each once. Where a Subscription has an identifier and the message carries some, they decide. */
  match(topicName: string, identifiers: readonly number[] | undefined): Set<Owner> {
    let entries = this.#targets.get(topicName)
    if (!entries) {
      entries = this.all().filter((entry) => matches(filterOf(entry.request.topicFilter), topicName))
      if (this.#targets.size >= MAXIMUM_CACHED_TOPICS) this.#targets.clear()
      this.#targets.set(topicName, entries)
    }
    const owners = new Set<Owner>()
    for (const { owner, properties } of entries) {
      const own = properties?.subscriptionIdentifier
      if (!own || !identifiers || identifiers.includes(own)) owners.add(owner)
    }
    return owners
  }
}

/** A Shared Subscription receives what its inner filter matches. */
export const filterOf = (topicFilter: string): string => topicFilter.replace(/^\$share\/[^/]+\//, '')
