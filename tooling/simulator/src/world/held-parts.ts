/** Memory that the broker gave away, and what was in it. */
interface Held {
  readonly part: Uint8Array
  readonly checksum: number
}

/** What waits for room in the network: not copies, so that a broker that touches memory it has given away is found out. */
export class HeldParts {
  readonly #parts: Held[] = []
  /** Of all that waits. */
  sizeBytes = 0

  get isEmpty(): boolean {
    return this.#parts.length === 0
  }

  add(part: Uint8Array): void {
    this.#parts.push({ part, checksum: checksum(part) })
    this.sizeBytes += part.length
  }

  /** The oldest, and whether it is not what it was. There must be one. */
  take(): { readonly part: Uint8Array; readonly isChanged: boolean } {
    const { part, checksum: before } = this.#parts.shift()!
    this.sizeBytes -= part.length
    return { part, isChanged: checksum(part) !== before }
  }

  clear(): void {
    this.#parts.length = 0
    this.sizeBytes = 0
  }
}

const checksum = (bytes: Uint8Array): number => {
  let sum = bytes.length
  for (let at = 0; at < bytes.length; at++) sum = (Math.imul(sum, 31) + bytes[at]!) | 0
  return sum
}
