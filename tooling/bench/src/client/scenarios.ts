import type { LibraryName } from './libraries.ts'

export type ScenarioName = 'publish-qos-0' | 'publish-qos-1' | 'receive' | 'idle'

export interface Scenario {
  readonly name: ScenarioName
  readonly title: string
  /** Messages, or clients. */
  readonly count: number
  readonly warmUp: number
  /** The first is ours; it is held against the best of MQTT.js. */
  readonly libraries: readonly LibraryName[]
  /** How many times as much MQTT.js may need at least, of each figure; 0: only reported. */
  readonly bars: Readonly<Partial<Record<Figure, number>>>
}

/** What is measured of a run. */
export type Figure = 'cpuUs' | 'heapBytes' | 'residentBytes'

export const FIGURES: Readonly<Record<Figure, { readonly title: string; readonly digits: number }>> = {
  cpuUs: { title: 'us of CPU', digits: 2 },
  heapBytes: { title: 'bytes of heap', digits: 0 },
  residentBytes: { title: 'bytes resident', digits: 0 },
}

export const WINDOW = 100

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'publish-qos-0',
    title: `publish QoS 0, ${WINDOW} at a time`,
    count: 300_000,
    warmUp: 60_000,
    libraries: ['godwit', 'MQTT.js, promises', 'MQTT.js, callbacks'],
    bars: { cpuUs: 5 },
  },
  {
    name: 'publish-qos-1',
    title: `publish QoS 1, ${WINDOW} at a time`,
    count: 120_000,
    warmUp: 40_000,
    libraries: ['godwit', 'MQTT.js, promises', 'MQTT.js, callbacks'],
    bars: { cpuUs: 4 },
  },
  {
    name: 'receive',
    title: 'receive QoS 0',
    count: 200_000,
    warmUp: 40_000,
    libraries: ['godwit', 'godwit, for await', 'MQTT.js, callbacks'],
    bars: { cpuUs: 4 },
  },
  {
    name: 'idle',
    title: 'an idle client',
    count: 400,
    warmUp: 20,
    libraries: ['godwit', 'MQTT.js, callbacks'],
    bars: { heapBytes: 2, residentBytes: 2 },
  },
]
