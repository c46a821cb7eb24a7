/** The part of qlobber that is measured; the package has no declarations. */
declare module 'qlobber' {
  export class Qlobber {
    constructor(options: {
      separator: string
      wildcard_one: string
      wildcard_some: string
      match_empty_levels: boolean
    })
    add(topic: string, value: unknown): this
    remove(topic: string, value?: unknown): this
    match(topic: string): unknown[]
  }
}
