import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Machine } from './machine.ts'

/** Where the bundles of the running suite lie. */
export const BUNDLES = dirname(fileURLToPath(import.meta.url))
/** The folder of this package. */
export const BENCH = join(BUNDLES, '../..')
/** The broker as its users run it. */
export const GODWIT = join(BENCH, '../../apps/broker/bin/godwit.js')

const RESULTS = join(BENCH, 'results')

/** On what a page was measured. */
export const onMachine = ({ node, cpu, cpus, memoryGib, system, load }: Machine): string =>
  `Node ${node} on ${cpu}, ${cpus} CPUs, ${memoryGib} GiB, ${system}; load ${load} when it began.`

/** Prints a page and, where that was asked for, keeps it among the results with the files that belong to it. */
export const present = (
  suite: string,
  page: string,
  save: boolean,
  more: Readonly<Record<string, () => string>> = {},
): void => {
  console.log(page)
  if (!save) return
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(join(RESULTS, `${suite}.md`), page)
  for (const [extension, contents] of Object.entries(more))
    writeFileSync(join(RESULTS, `${suite}.${extension}`), contents())
}
