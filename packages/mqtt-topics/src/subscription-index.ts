import { isTopicRefusal, refusal, type TopicRefusal } from './refusals.ts'
import { hasWildcard } from './topic-filter.ts'
import { parseTopicName } from './topic-name.ts'
import { append, type Held, holds, withoutValue, withValue } from './several.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'
import { WideMap } from './wide-map.ts'
import { WildcardTrie } from './wildcard-trie.ts'

const BUCKETS = 4096
/** No generation has this number. */
const OUTDATED = -1
/** What an entry costs beside its topic, roughly: it bounds the table, it need not be exact. */
const ENTRY_BYTES = 160

export interface SubscriptionIndexOptions<Value, Resolved> {
  /** Makes of the values that match what is handed out; called once until something that matches changes. */
  readonly resolve?: (topicName: string, values: readonly Value[]) => Resolved
  /** Topics remembered. Default: 131,072. */
  readonly maximumEntries?: number
  /** Bytes of topics remembered. Default: 32 MiB. */
  readonly maximumEntryBytes?: number
  /** Decodes and checks a Topic Name, once, when its entry is made. Default: strict UTF-8 and `parseTopicName`. */
  readonly judge?: (bytes: Uint8Array, start: number, end: number) => string | TopicRefusal
  /** A random number makes the places of topics in the table unguessable. Default: 0. */
  readonly hashSeed?: number
}

/** What is known about one topic. */
export interface TopicEntry<Resolved> {
  readonly topicName: string
  /** Its UTF-8. */
  readonly bytes: Uint8Array
  /** Current when the entry is handed out. */
  readonly resolved: Resolved
  readonly refused: undefined
}

/** With many topics a look-up is a wait for memory, so what every look-up reads comes first and lies together. */
interface Entry<Resolved> {
  resolved: Resolved
  readonly bucket: number
  /** The generations that `resolved` was made in. */
  seen: number
  seenGlobal: number
  /** Asked for since the hand of the clock last passed. */
  used: boolean
  /** In the table, where changes reach it. */
  remembered: boolean
  /** In the table of names too. */
  named: boolean
  readonly refused: undefined
  readonly bytes: Uint8Array
  readonly topicName: string
  readonly hash: number
  next: Entry<Resolved> | undefined
}

/**
 * Filters to values, looked up by Topic Name. What matches a topic is remembered until a filter of its neighbourhood
 * changes: a filter without wildcards concerns its own topic only, one that names its first two levels counts in one of 4,096
 * buckets, all others in one global counter. `undefined` is no value.
 */
export class SubscriptionIndex<Value, Resolved = readonly Value[]> {
  readonly #exact = new WideMap<Held<Value>>()
  readonly #wildcards = new WildcardTrie<Value>()
  readonly #generations = new Uint32Array(BUCKETS)
  #globalGeneration = 0
  readonly #table = new Map<number, Entry<Resolved>>()
  /**
   * Those that somebody has asked for by name. With many topics a look-up is a wait for memory: the engine finds a property by
   * the identity of its name, where a Map also reads each name that it passes, so this is two thirds of the time (measured).
   * There is no prototype, so any name is a name.
   */
  readonly #named = Object.create(null) as { [topicName: string]: Entry<Resolved> | undefined }
  /** Entries in the order in which the hand passes them (second chance). */
  readonly #clock: Entry<Resolved>[] = []
  #hand = 0
  #entryBytes = 0
  #size = 0
  readonly #resolve: (topicName: string, values: readonly Value[]) => Resolved
  readonly #judge: (bytes: Uint8Array, start: number, end: number) => string | TopicRefusal
  readonly #maximumEntries: number
  readonly #maximumEntryBytes: number
  readonly #seed: number

  constructor(options: SubscriptionIndexOptions<Value, Resolved> = {}) {
    this.#resolve = options.resolve ?? ((_topicName, values) => values as unknown as Resolved)
    this.#judge = options.judge ?? judgeTopicName
    this.#maximumEntries = Math.max(1, options.maximumEntries ?? 131_072)
    this.#maximumEntryBytes = options.maximumEntryBytes ?? 32 * 1024 * 1024
    this.#seed = (options.hashSeed ?? 0) >>> 0
  }

  /** Pairs of a filter and a value. */
  get size(): number {
    return this.#size
  }

  /** Topics remembered. */
  get entries(): number {
    return this.#clock.length
  }

  add(topicFilter: string, value: Value): void {
    if (hasWildcard(topicFilter)) {
      if (!this.#wildcards.add(topicFilter, value)) return
    } else {
      const values = this.#exact.get(topicFilter)
      if (values === undefined) this.#exact.add(topicFilter, value)
      else if (holds(values, value)) return
      else this.#exact.set(topicFilter, withValue(values, value))
    }
    this.#size++
    this.invalidate(topicFilter)
  }

  remove(topicFilter: string, value: Value): boolean {
    if (hasWildcard(topicFilter)) {
      if (!this.#wildcards.remove(topicFilter, value)) return false
    } else {
      const values = this.#exact.get(topicFilter)
      if (values === undefined || !holds(values, value)) return false
      const left = withoutValue(values, value)
      if (left === undefined) this.#exact.delete(topicFilter)
      else this.#exact.set(topicFilter, left)
    }
    this.#size--
    this.invalidate(topicFilter)
    return true
  }

  match(topicName: string): Resolved {
    return this.entry(topicName).resolved
  }

  /** The entry of a valid Topic Name. */
  entry(topicName: string): TopicEntry<Resolved> {
    const named = this.#named[topicName]
    if (named !== undefined) return this.#current(named)
    const bytes = encodeUtf8(topicName)
    const hash = this.#hash(bytes, 0, bytes.length)
    const found = this.#find(bytes, 0, bytes.length, hash)
    const entry = found === undefined ? this.#make(topicName, bytes, hash) : this.#current(found)
    this.#named[entry.topicName] = entry
    entry.named = true
    return entry
  }

  /**
   * The entry of a Topic Name as it came: a hash and a comparison, no string and no allocation where it is known. `guess` is
   * an entry that it may well be, such as that of the same publisher's message before: then it takes the comparison only.
   */
  entryOfBytes(
    bytes: Uint8Array,
    start: number,
    end: number,
    guess?: TopicEntry<Resolved>,
  ): TopicEntry<Resolved> | TopicRefusal {
    if (guess !== undefined && isSame(guess.bytes, bytes, start, end)) {
      const guessed = guess as Entry<Resolved>
      if (guessed.remembered) return this.#current(guessed)
    }
    const hash = this.#hash(bytes, start, end)
    const found = this.#find(bytes, start, end, hash)
    if (found !== undefined) return this.#current(found)
    const judged = this.#judge(bytes, start, end)
    return isTopicRefusal(judged) ? judged : this.#make(judged, bytes.slice(start, end), hash)
  }

  /** Something that `resolve` reads about a value under this filter has changed. */
  invalidate(topicFilter: string): void {
    if (!hasWildcard(topicFilter)) this.#forget(topicFilter)
    else {
      const bucket = bucketOf(topicFilter)
      if (bucket === -1) this.#globalGeneration++
      else this.#generations[bucket] = this.#generations[bucket]! + 1
    }
  }

  invalidateAll(): void {
    this.#globalGeneration++
  }

  #find(bytes: Uint8Array, start: number, end: number, hash: number): Entry<Resolved> | undefined {
    let entry = this.#table.get(hash)
    while (entry !== undefined && !isSame(entry.bytes, bytes, start, end)) entry = entry.next
    return entry
  }

  /** An entry that is handed out: what it knows is up to date. */
  #current(entry: Entry<Resolved>): Entry<Resolved> {
    if (!entry.used) entry.used = true
    if (entry.seen !== this.#generations[entry.bucket] || entry.seenGlobal !== this.#globalGeneration)
      this.#refresh(entry)
    return entry
  }

  /** What a filter without wildcards changes is one topic, if that is remembered at all. */
  #forget(topicName: string): void {
    if (this.#clock.length === 0) return
    const bytes = encodeUtf8(topicName)
    const entry = this.#find(bytes, 0, bytes.length, this.#hash(bytes, 0, bytes.length))
    if (entry !== undefined) entry.seenGlobal = OUTDATED
  }

  #make(topicName: string, bytes: Uint8Array, hash: number): Entry<Resolved> {
    const entry: Entry<Resolved> = {
      resolved: undefined as Resolved,
      bucket: bucketOf(topicName),
      seen: 0,
      seenGlobal: 0,
      used: false,
      remembered: true,
      named: false,
      refused: undefined,
      bytes,
      topicName,
      hash,
      next: this.#table.get(hash),
    }
    this.#refresh(entry)
    this.#table.set(hash, entry)
    this.#clock.push(entry)
    this.#entryBytes += bytes.length + ENTRY_BYTES
    while (
      this.#clock.length > 1 &&
      (this.#clock.length > this.#maximumEntries || this.#entryBytes > this.#maximumEntryBytes)
    ) {
      this.#evict(entry)
    }
    return entry
  }

  #refresh(entry: Entry<Resolved>): void {
    const values: Value[] = []
    append(this.#exact.get(entry.topicName), values)
    this.#wildcards.collect(entry.topicName, values)
    entry.resolved = this.#resolve(entry.topicName, values)
    entry.seen = this.#generations[entry.bucket]!
    entry.seenGlobal = this.#globalGeneration
  }

  /** Second chance: the first that nobody asked for since the hand last passed goes, but never the newest. */
  #evict(newest: Entry<Resolved>): void {
    for (;;) {
      if (this.#hand >= this.#clock.length) this.#hand = 0
      const entry = this.#clock[this.#hand]!
      if (entry !== newest && !entry.used) break
      entry.used = false
      this.#hand++
    }
    const gone = this.#clock[this.#hand]!
    const last = this.#clock.pop()!
    if (last !== gone) this.#clock[this.#hand] = last
    this.#entryBytes -= gone.bytes.length + ENTRY_BYTES
    // The engine makes a name of each text that it is asked to delete, and keeps all names in one table that grows.
    if (gone.named) delete this.#named[gone.topicName]
    gone.remembered = false
    let first = this.#table.get(gone.hash)!
    if (first === gone) {
      if (gone.next === undefined) this.#table.delete(gone.hash)
      else this.#table.set(gone.hash, gone.next)
      return
    }
    while (first.next !== gone) first = first.next!
    first.next = gone.next
  }

  /** FNV-1a over every byte: one that samples thrashes on topics like `room/17` (measured). */
  #hash(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5 ^ this.#seed
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
    // The upper bits into the lower ones, and a small integer for the Map.
    return (hash ^ (hash >>> 15)) & 0x3fffffff
  }
}

const isSame = (known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean => {
  if (known.length !== end - start) return false
  // Who was given an entry's bytes, for a Topic Alias, asks with those.
  if (known === bytes) return true
  for (let at = 0; at < known.length; at++) if (known[at] !== bytes[start + at]) return false
  return true
}

/** The bucket of a text's first two levels, or of its only one; -1 where a wildcard is in them: such a filter concerns every topic. */
const bucketOf = (text: string): number => {
  const second = text.indexOf('/', text.indexOf('/') + 1)
  const end = second === -1 ? text.length : second
  let hash = 0x811c9dc5
  for (let at = 0; at < end; at++) {
    const unit = text.charCodeAt(at)
    if (unit === 0x2b || unit === 0x23) return -1
    hash = Math.imul(hash ^ unit, 0x01000193)
  }
  return (hash ^ (hash >>> 16)) & (BUCKETS - 1)
}

const judgeTopicName = (bytes: Uint8Array, start: number, end: number): string | TopicRefusal => {
  const text = decodeUtf8(bytes, start, end)
  return text === undefined ? refusal('ill-formed-utf8', 0) : parseTopicName(text)
}
