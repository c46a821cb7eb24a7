export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** The middle of some numbers and how far apart they lie. @throws {RangeError} where there are none */
export const spreadOf = (values: readonly number[]): Spread => {
  if (values.length === 0) throw new RangeError('nothing was measured')
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  return {
    median: sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2,
    least: sorted[0]!,
    most: sorted.at(-1)!,
  }
}
