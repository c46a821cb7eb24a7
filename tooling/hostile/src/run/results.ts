import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import type { Contestant } from '../brokers/running-broker.ts'
import type { Result } from './runner.ts'

const FOLDER = new URL('../../results/', import.meta.url)

/** What a run against one broker found, as it is kept. */
export interface SavedRun {
  readonly broker: string
  readonly date: string
  readonly node: string
  /** How many cores of what. */
  readonly machine: string
  /** The load average of a minute at the end: how many wanted a core, the suite and the broker among them. */
  readonly load: number
  readonly results: readonly Result[]
}

export const resultsFile = (name: string): URL => new URL(`${name}.json`, FOLDER)

export const readSaved = (name: string): SavedRun => JSON.parse(readFileSync(resultsFile(name), 'utf8')) as SavedRun

/** Keeps a run; one of some cases only takes their place in the run that is kept. */
export const save = ({ name, title }: Contestant, results: readonly Result[], some: boolean): void => {
  const fresh = results.map((each) => ({
    ...each,
    failures: each.failures.slice(0, 5).map((text) => text.replaceAll(/(file:\/\/)?\/\S*\/node_modules\//g, '')),
    tookMs: Math.round(each.tookMs),
    servedMs: Math.round(each.servedMs * 10) / 10,
  }))
  const numbers = new Set(fresh.map(({ number }) => number))
  const kept = some && existsSync(resultsFile(name)) ? readSaved(name).results : []
  const run: SavedRun = {
    broker: title(),
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    machine: `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'an unknown kind'}`,
    load: Math.round(loadavg()[0]! * 10) / 10,
    results: [...kept.filter(({ number }) => !numbers.has(number)), ...fresh].sort(
      (one, other) => one.number - other.number,
    ),
  }
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(resultsFile(name), `${JSON.stringify(run, undefined, 1)}\n`)
}
