import { mkdirSync, writeFileSync } from 'node:fs'
import type { Contestant } from '../brokers/running-broker.ts'
import type { Result } from './runner.ts'

const FOLDER = new URL('../../results/', import.meta.url)

/** What a run against one broker found, as it is kept. */
export interface SavedRun {
  readonly broker: string
  readonly date: string
  readonly node: string
  readonly results: readonly Result[]
}

export const resultsFile = (name: string): URL => new URL(`${name}.json`, FOLDER)

export const save = ({ name, title }: Contestant, results: readonly Result[]): void => {
  const run: SavedRun = {
    broker: title(),
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    results: results.map((each) => ({
      ...each,
      failures: each.failures.slice(0, 5),
      tookMs: Math.round(each.tookMs),
      servedMs: Math.round(each.servedMs * 10) / 10,
    })),
  }
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(resultsFile(name), `${JSON.stringify(run, undefined, 1)}\n`)
}
