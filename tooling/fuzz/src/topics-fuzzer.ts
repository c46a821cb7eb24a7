import * as realTopics from '@godwit/mqtt-topics'
import { demand } from './finding.ts'
import type { Random } from './random.ts'

/** What is under test; a test of the fuzzer puts something wrong in. */
export type FuzzedTopics = Pick<typeof realTopics, 'isTopicFilter' | 'matches' | 'parseTopicFilter' | 'parseTopicName'>

const PIECES = [
  ...['', 'a', 'b', 'a', 'site', '+', '#', '/', '/', '/', '//', '$share', '$share/g', '$SYS', '$', 'x+', '+x', '#x'],
  ...['\0', '\u007f', '\ufeff', '\uffff', 'é', '\u{1f338}', '\ud800', '\udc00', ' ', 'long'.repeat(20)],
] as const

const LIMITS = { maximumLevels: 6, maximumBytes: 120 }

/** Texts that are nearly Topic Filters and Topic Names: each is judged the same by all that judge it. */
export class TopicsFuzzer {
  readonly #random: Random
  readonly #topics: FuzzedTopics
  readonly #index = new realTopics.SubscriptionIndex<string>()
  readonly #filters: string[] = []

  constructor(random: Random, topics: FuzzedTopics = realTopics) {
    this.#random = random
    this.#topics = topics
  }

  run(): void {
    this.judge(this.#text(), this.#text())
  }

  judge(filterText: string, nameText: string): void {
    const named = (): string => JSON.stringify([filterText, nameText])
    const topics = this.#topics
    const filter = topics.parseTopicFilter(filterText)
    const name = topics.parseTopicName(nameText)
    if (realTopics.isShared(filterText)) return this.#shared(filterText, named)
    const refused = realTopics.isTopicRefusal(filter)
    demand(refused || filter === filterText, () => 'a filter that is another one', named)
    // `isTopicFilter` judges no text: surrogates and lengths are the decoder's.
    if (isWellFormed(filterText))
      demand(topics.isTopicFilter(filterText) === !refused, () => `refused: ${refused}, but not by both`, named)
    const limited = realTopics.parseTopicFilter(filterText, LIMITS)
    if (!realTopics.isTopicRefusal(limited))
      demand(limited.split('/').length <= LIMITS.maximumLevels, () => 'more levels than the limit', named)
    if (refused || realTopics.isTopicRefusal(name)) return
    this.#match(filter, name, named)
  }

  #shared(text: string, named: () => string): void {
    const parsed = realTopics.parseSharedSubscription(text)
    const refused = realTopics.isTopicRefusal(parsed)
    if (isWellFormed(text))
      demand(this.#topics.isTopicFilter(text) === !refused, () => `shared, refused: ${refused}, but not by both`, named)
    if (refused) return
    demand(`$share/${parsed.shareName}/${parsed.topicFilter}` === text, () => 'another Shared Subscription', named)
  }

  /** An index of the filters so far finds what the definition of matching finds. */
  #match(filter: string, name: string, named: () => string): void {
    const random = this.#random
    if (this.#filters.length >= 40 || (this.#filters.length > 0 && random.oneIn(3))) {
      const [gone] = this.#filters.splice(random.below(this.#filters.length), 1)
      this.#index.remove(gone!, gone!)
    } else if (!this.#filters.includes(filter)) {
      this.#filters.push(filter)
      this.#index.add(filter, filter)
    }
    const found = [...this.#index.match(name)].toSorted()
    const wanted = this.#filters.filter((each) => this.#topics.matches(each, name)).toSorted()
    demand(
      found.join('\n') === wanted.join('\n'),
      () => `of ${JSON.stringify(this.#filters)} the index finds ${JSON.stringify(found)}`,
      named,
    )
  }

  #text(): string {
    const random = this.#random
    let text = ''
    for (let pieces = random.below(8); pieces > 0; pieces--) text += random.pick(PIECES)
    return text
  }
}

const isWellFormed = (text: string): boolean =>
  !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)
