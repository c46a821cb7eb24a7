/** What a broker can break. The names are the columns of the table. */
export const KINDS = [
  'lost',
  'repeated',
  'out of order',
  'retained wrong',
  'subscription wrong',
  'will wrong',
  'session lost',
  'protocol',
] as const
export type Kind = (typeof KINDS)[number]

/** Counts promises that were not kept, and remembers the first of each kind in words. */
export class Findings {
  readonly counts = new Map<Kind, number>(KINDS.map((kind) => [kind, 0]))
  readonly examples: string[] = []
  acknowledged = 0
  cycles = 0
  kills = 0

  add(kind: Kind, sentence: string, count = 1): void {
    const before = this.counts.get(kind) ?? 0
    this.counts.set(kind, before + count)
    if (before < EXAMPLES) this.examples.push(`${kind}: ${sentence}`)
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0)
  }

  merge(other: Findings): void {
    for (const [kind, count] of other.counts) this.counts.set(kind, (this.counts.get(kind) ?? 0) + count)
    this.examples.push(...other.examples)
    this.acknowledged += other.acknowledged
    this.cycles += other.cycles
    this.kills += other.kills
  }
}

const EXAMPLES = 3
