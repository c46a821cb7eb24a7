/** A number of everything that happened, in its order: two runs with the same one went the same way. */
export class TraceHash {
  #low = 0x811c9dc5
  #high = 0x1b873593

  number(value: number): void {
    this.#word(value | 0)
    this.#word(Math.round((value - Math.trunc(value)) * 1_000_000))
  }

  /** One of few words, each of which is looked at letter by letter once. */
  kind(kind: string): void {
    let word = WORDS.get(kind)
    if (word === undefined) WORDS.set(kind, (word = wordOf(kind)))
    this.#word(word)
  }

  bytes(bytes: Uint8Array): void {
    let word = bytes.length
    for (let at = 0; at < bytes.length; at++) word = Math.imul(word ^ bytes[at]!, 0x01000193)
    this.#word(word)
  }

  get value(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }

  #word(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193)
    this.#high = (Math.imul(this.#high ^ (this.#low >>> 13), 0xcc9e2d51) + word) | 0
  }
}

const WORDS = new Map<string, number>()

const wordOf = (text: string): number => {
  let word = text.length
  for (let at = 0; at < text.length; at++) word = Math.imul(word ^ text.charCodeAt(at), 0x01000193)
  return word
}
