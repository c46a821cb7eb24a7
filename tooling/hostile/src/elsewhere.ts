/** A case, or a part of one, that sockets of a process cannot show: why, and the tests that prove it. */
export interface Elsewhere {
  readonly number: number
  /** Whether the suite plays the rest of it. */
  readonly part: boolean
  readonly why: string
  /** Where, and what the title of a test there has in it. */
  readonly tests: readonly { readonly file: string; readonly title: string }[]
}

export const ELSEWHERE: readonly Elsewhere[] = []
