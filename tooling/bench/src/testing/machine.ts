import type { Machine } from '../harness/machine.ts'

/** A machine that pages of tests were measured on. */
export const MACHINE: Machine = {
  date: '2026-01-01 00:00 UTC',
  commit: 'abc',
  cpu: 'a CPU',
  cpus: 2,
  memoryGib: 4,
  system: 'linux',
  node: '20.19.0',
  v8: '11',
  load: 0,
}
