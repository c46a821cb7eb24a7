import { randomBytes } from 'node:crypto'
import { totalmem } from 'node:os'
import { performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Runtime } from '../ports/runtime.ts'
import { connectionsOfProcess } from './descriptor-limit.ts'

/** The clock, the loop and the randomness of this process. */
export const nodeRuntime: Runtime = {
  now: () => performance.now(),
  wallClock: () => Date.now(),
  endOfTurn: (callback) => {
    setImmediate(callback)
  },
  after: (milliseconds, callback) => {
    const timeout = setTimeout(callback, milliseconds)
    return () => clearTimeout(timeout)
  },
  every: (milliseconds, callback) => {
    const interval = setInterval(callback, milliseconds)
    // A broker that nobody can reach does not keep its process alive.
    interval.unref()
    return () => clearInterval(interval)
  },
  randomBytes: (count) => randomBytes(count),
  memoryFraction: (maximumBytes) => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
    const maximum = maximumBytes === Infinity ? memoryOfMachine() : maximumBytes
    return Math.max(residentBytes() / maximum, used / limit)
  },
  maximumConnections: () => connectionsOfProcess(),
}

let lastResidentBytes = 0

/** Without file descriptors the system does not say, and a flood of connections must not end the process by this. */
const residentBytes = (): number => {
  try {
    lastResidentBytes = process.memoryUsage.rss()
  } catch {
    // It is what it was.
  }
  return lastResidentBytes
}

const memoryOfMachine = (): number => {
  const total = totalmem()
  // Where nothing constrains the process the answer is 0, or more than there is; Bun has no such function.
  const constrained = process.constrainedMemory?.() ?? 0
  return constrained > 0 && constrained < total ? constrained : total
}
