import type { StartBroker } from './brokers.ts'
import type { Explanation } from './explanations.ts'
import { type Difference, type Explain, play } from './play.ts'

/** Conversations that two brokers had, and what of the differences is explained. */
export class Comparison {
  conversations = 0
  /** Steps after which both had said the same, or something else for a reason that is known. */
  steps = 0
  /** How many differences each explanation has explained. */
  readonly explained = new Map<Explanation, number>()
  readonly unexplained: { readonly conversation: number; readonly difference: Difference }[] = []
  readonly #brokers: readonly [StartBroker, StartBroker]
  readonly #explain: Explain

  constructor(brokers: readonly [StartBroker, StartBroker], explain: Explain) {
    this.#brokers = brokers
    this.#explain = explain
  }

  /** Has one conversation, and gives the explanations that it needed. */
  async run(conversation: number): Promise<ReadonlySet<Explanation>> {
    const needed = new Set<Explanation>()
    const { steps, difference } = await play(conversation, this.#brokers, (each) => {
      const explanation = this.#explain(each)
      if (explanation === undefined) return undefined
      needed.add(explanation)
      this.explained.set(explanation, (this.explained.get(explanation) ?? 0) + 1)
      return explanation
    })
    this.conversations++
    this.steps += steps
    if (difference !== undefined) this.unexplained.push({ conversation, difference })
    return needed
  }
}
