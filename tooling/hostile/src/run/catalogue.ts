import { readFileSync } from 'node:fs'

/** What a case is, in words: cases.tsv has them all. */
export interface Described {
  readonly number: number
  readonly group: string
  /** What a peer sends or does. */
  readonly sent: string
  /** What has to happen. */
  readonly holds: string
}

export const readCatalogue = (): Described[] =>
  readFileSync(new URL('../../cases.tsv', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [number, group = '', sent = '', holds = ''] = line.split('\t')
      return { number: Number(number), group, sent, holds }
    })
