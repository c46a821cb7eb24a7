/** One line of a file with something on it, without the white space around it. */
export interface FileLine {
  readonly text: string
  /** From 1. */
  readonly line: number
  /** Where the text begins, from 1. */
  readonly column: number
}

/** The lines of a file but empty ones and comments, which begin with #. A byte order mark is skipped. */
export function* fileLines(content: string): Generator<FileLine> {
  const lines = content.replace(/^\uFEFF/, '').split('\n')
  for (const [index, raw] of lines.entries()) {
    const text = raw.trim()
    if (text === '' || text.startsWith('#')) continue
    yield { text, line: index + 1, column: raw.indexOf(text) + 1 }
  }
}
