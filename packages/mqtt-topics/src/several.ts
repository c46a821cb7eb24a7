/** More than one value of a filter. Most filters have one, and an array for it would take as much memory as its place in a Map. */
export class Several<Value> {
  readonly values: Value[]

  constructor(values: Value[]) {
    this.values = values
  }
}

/** What a filter has: one value, or several. */
export type Held<Value> = Value | Several<Value>

export const holds = <Value>(held: Held<Value> | undefined, value: Value): boolean =>
  held instanceof Several ? held.values.includes(value) : held === value

/** With a value that is not there yet. */
export const withValue = <Value>(held: Held<Value> | undefined, value: Value): Held<Value> => {
  if (held === undefined) return value
  if (!(held instanceof Several)) return new Several([held, value])
  held.values.push(value)
  return held
}

/** Without a value that is there; undefined: nothing is left. */
export const withoutValue = <Value>(held: Held<Value>, value: Value): Held<Value> | undefined => {
  if (!(held instanceof Several)) return undefined
  held.values.splice(held.values.indexOf(value), 1)
  return held.values.length === 1 ? held.values[0] : held
}

export const append = <Value>(held: Held<Value> | undefined, into: Value[]): void => {
  if (held === undefined) return
  if (!(held instanceof Several)) into.push(held)
  else for (let place = 0; place < held.values.length; place++) into.push(held.values[place]!)
}
