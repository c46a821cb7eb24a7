export declare class Random {
  constructor(seed: number)
  next(): number
  whole(from: number, to: number): number
  percent(chance: number): boolean
  one<T>(choices: readonly T[]): T
}
