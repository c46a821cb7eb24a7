import type { Measured } from '../brokers/broker-setup.ts'
import type { Served } from './canary.ts'
import type { Trial } from './trial.ts'

/** What is wrong after a case: `soft` is what another try may show to have been the machine. */
export interface Judged {
  readonly hard: string[]
  readonly soft: string[]
}

const MiB = 1024 * 1024
const SERVED_WITHIN_MS = 50

/** What every case also asserts. */
export const judge = (trial: Trial, before: Measured, after: Measured, served: Served): Judged => {
  const hard: string[] = []
  const soft: string[] = []
  if (served.lost) hard.push('the connection of somebody else was lost')
  const mostMs = (trial.patience?.ms ?? SERVED_WITHIN_MS) + served.echoMs
  if (served.brokerMs > mostMs) {
    soft.push(`somebody else waited ${Math.round(served.brokerMs)} ms (the machine: ${Math.round(served.echoMs)} ms)`)
  }
  const grown = after.memoryBytes - before.memoryBytes - trial.keptBytes
  // What of a process without a heap that we could collect is its allocator's slack, nobody knows.
  const most = trial.ours ? MiB : 8 * MiB
  if (grown > most && !trial.restarted) soft.push(`${(grown / MiB).toFixed(1)} MiB more memory than before`)
  soft.push(...trial.slow)
  hard.push(...gaugesOff(trial, before, after))
  if (trial.ours && !trial.restarted && !trial.countsAreFree) hard.push(...countsOff(trial, before, after))
  return { hard, soft }
}

export const gaugesOff = (trial: Trial, before: Measured, after: Measured): string[] =>
  Object.entries(after.gauges).flatMap(([name, value]) => {
    const wanted = (before.gauges[name] ?? 0) + (trial.keptGauges.get(name) ?? 0)
    return value === wanted || trial.freeGauges.has(name) ? [] : [`${name}: ${value} instead of ${wanted}`]
  })

const countsOff = (trial: Trial, before: Measured, after: Measured): string[] => {
  const rises = new Map(Object.entries(after.counts).map(([name, value]) => [name, value - (before.counts[name] ?? 0)]))
  const wrong: string[] = []
  for (const [names, wanted] of merged(trial.expectedCounts)) {
    const each = names.split('|')
    const found = each.reduce((sum, name) => sum + (rises.get(name) ?? 0), 0)
    for (const name of each) rises.delete(name)
    if (found !== wanted) wrong.push(`counter ${names} rose by ${found} instead of ${wanted}`)
  }
  for (const [name, found] of rises) {
    if (found !== 0 && !trial.freeCounts.has(name)) wrong.push(`counter ${name} rose by ${found} instead of 0`)
  }
  return wrong
}

/** What is expected of one counter alone is part of what is expected of a sum that it belongs to. */
const merged = (expected: ReadonlyMap<string, number>): Map<string, number> => {
  const sums = new Map([...expected].filter(([names]) => names.includes('|')))
  const all = new Map(sums)
  for (const [name, count] of expected) {
    if (sums.has(name)) continue
    const sum = [...sums.keys()].find((names) => names.split('|').includes(name)) ?? name
    all.set(sum, (all.get(sum) ?? 0) + count)
  }
  return all
}
