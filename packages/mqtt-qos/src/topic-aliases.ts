/**
 * Topic Aliases that the peer set on this connection. Memory follows the aliases in use, not the maximum.
 *
 * @see MQTT 5.0 §3.3.2.3.4
 */
export class IncomingTopicAliases<T = string> {
  readonly maximum: number
  #topics: Map<number, T> | undefined

  /** @param maximum the Topic Alias Maximum that we announced; 0: none is allowed */
  constructor(maximum: number) {
    this.maximum = maximum
  }

  /** False where the alias is 0 or above the maximum: DISCONNECT 0x94 [MQTT-3.3.2-8] [MQTT-3.3.2-9]. */
  set(alias: number, topic: T): boolean {
    if (alias < 1 || alias > this.maximum) return false
    ;(this.#topics ??= new Map<number, T>()).set(alias, topic)
    return true
  }

  /** What the alias stands for; undefined where it was never set on this connection. */
  topic(alias: number): T | undefined {
    return this.#topics?.get(alias)
  }

  /** A mapping never outlives its connection [MQTT-3.3.2-7]. */
  clear(): void {
    this.#topics = undefined
  }
}

/** An alias to send. `isNew`: with the Topic Name, which sets it; otherwise with an empty Topic Name. */
export interface AliasAssignment {
  readonly alias: number
  readonly isNew: boolean
}

/**
 * Topic Aliases that we set on this connection: the least recently used one is given to a new Topic Name. Every operation is O(1), and a known
 * Topic Name allocates nothing.
 *
 * @see MQTT 5.0 §3.3.2.3.4
 */
export class OutgoingTopicAliases {
  readonly maximum: number
  /** Made with the first assignment: most connections never use one. */
  #ring: AliasRing | undefined

  /** @param maximum the peer's Topic Alias Maximum, or our own limit where that is smaller; 0: none is sent [MQTT-3.1.2-27] */
  constructor(maximum: number) {
    this.maximum = maximum
  }

  /** The alias for this Topic Name, which becomes the most recently used; undefined where none may be sent. The packet must then be sent. */
  assign(topicName: string): AliasAssignment | undefined {
    if (this.maximum < 1) return undefined
    const ring = (this.#ring ??= new AliasRing())
    return ring.use(topicName) ?? ring.add(topicName, this.maximum)
  }

  /** The alias that the peer knows for this Topic Name, which becomes the most recently used; 0: it would have to be told first. */
  known(topicName: string): number {
    return this.#ring?.use(topicName)?.alias ?? 0
  }

  /** The PUBLISH that would have set this alias was not sent: its next assignment is new again. */
  forget(topicName: string): void {
    this.#ring?.forget(topicName)
  }

  /** A mapping never outlives its connection [MQTT-3.3.2-7]. */
  clear(): void {
    this.#ring = undefined
  }
}

interface AliasEntry {
  /** Undefined: it was forgotten, or is the head. */
  topicName: string | undefined
  newer: AliasEntry
  older: AliasEntry
  readonly known: AliasAssignment
}

/** Entries in a circle around `#head`: `#head.older` was used last, `#head.newer` longest ago. */
class AliasRing {
  readonly #entries = new Map<string, AliasEntry>()
  readonly #head: AliasEntry = selfLinked()
  #count = 0

  use(topicName: string): AliasAssignment | undefined {
    // Mostly it is the one of before, and nothing has to be looked up or moved.
    const last = this.#head.older
    if (last.topicName === topicName) return last.known
    const entry = this.#entries.get(topicName)
    if (entry === undefined) return undefined
    unlink(entry)
    this.#link(this.#head.older, entry)
    return entry.known
  }

  add(topicName: string, maximum: number): AliasAssignment {
    const entry = this.#count < maximum ? this.#make(topicName) : this.#reuse(topicName)
    this.#entries.set(topicName, entry)
    this.#link(this.#head.older, entry)
    return { alias: entry.known.alias, isNew: true }
  }

  forget(topicName: string): void {
    const entry = this.#entries.get(topicName)
    if (entry === undefined) return
    this.#entries.delete(topicName)
    entry.topicName = undefined
    unlink(entry)
    this.#link(this.#head, entry)
  }

  #make(topicName: string): AliasEntry {
    this.#count += 1
    const entry = selfLinked(this.#count)
    entry.topicName = topicName
    return entry
  }

  #reuse(topicName: string): AliasEntry {
    const entry = this.#head.newer
    unlink(entry)
    if (entry.topicName !== undefined) this.#entries.delete(entry.topicName)
    entry.topicName = topicName
    return entry
  }

  #link(older: AliasEntry, entry: AliasEntry): void {
    entry.older = older
    entry.newer = older.newer
    older.newer.older = entry
    older.newer = entry
  }
}

function selfLinked(alias = 0): AliasEntry {
  const entry = { topicName: undefined, known: { alias, isNew: false } } as AliasEntry
  entry.newer = entry
  entry.older = entry
  return entry
}

function unlink(entry: AliasEntry): void {
  entry.older.newer = entry.newer
  entry.newer.older = entry.older
}
