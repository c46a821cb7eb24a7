import { ReasonCode } from '@godwit/mqtt-codec'
import { closeConnection } from './close.ts'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import type { CountedLimitName, Limits } from './limits.ts'
import type { Violation } from './refusals.ts'

/** What was measured: how much of the memory is used, 0 to 1, and how late the event loop is. */
export interface Measurement {
  readonly memoryFraction: number
  readonly lagMs: number
}

/** What is done about it; each holds until the next measurement. undefined: there is no need. */
export interface Pressure {
  /** Why the busiest publishers are read at a trickle. */
  readonly trickle: CountedLimitName | undefined
  /** Why nobody new is let in. */
  readonly refuse: CountedLimitName | undefined
  /** QoS 0 to a Client is dropped where more than this waits for it. */
  readonly dropBytes: number
}

export const noPressure = (limits: Limits): Pressure => ({
  trickle: undefined,
  refuse: undefined,
  dropBytes: limits.outputDropBytes,
})

/** The order of relief: read less of those who send most, then drop and refuse, then cut. */
export const relieve = (core: Core, { memoryFraction, lagMs }: Measurement): void => {
  const { limits, counters } = core
  const percent = memoryFraction * 100
  const high = percent >= limits.memoryHighPercent
  core.pressure = {
    trickle:
      percent >= limits.memorySoftPercent
        ? 'memorySoftPercent'
        : lagMs >= limits.eventLoopLagShedMs
          ? 'eventLoopLagShedMs'
          : undefined,
    refuse: high ? 'memoryHighPercent' : lagMs >= limits.eventLoopLagRefuseMs ? 'eventLoopLagRefuseMs' : undefined,
    dropBytes: high ? limits.outputPauseBytes : limits.outputDropBytes,
  }
  const { trickle } = core.pressure
  const busiest = trickle === undefined ? undefined : busiestReaders(core)
  for (const connection of core.connections) {
    const slowed = busiest?.has(connection) === true
    if (slowed && !connection.trickles && trickle !== undefined) counters.limitsMet[trickle]++
    connection.trickles = slowed
    connection.bytesMeasured = connection.bytesReceived
  }
  if (percent >= limits.memoryHardPercent) cutLargest(core)
}

/** Those that together sent the larger half of all bytes since the last measurement: whoever sends little is left alone. */
const busiestReaders = (core: Core): ReadonlySet<Connection> => {
  const busiest = largerHalf(core.connections, ({ bytesReceived, bytesMeasured }) => bytesReceived - bytesMeasured)
  // Once slowed it looks modest: it stays slowed as long as there is need.
  for (const connection of core.connections) if (connection.trickles) busiest.add(connection)
  return busiest
}

/** Outbound buffers beyond the pause mark, the largest first, until half of what they hold is free. */
const cutLargest = (core: Core): void => {
  const { outputPauseBytes } = core.limits
  const behind = ({ output }: Connection): number => (output.pendingBytes > outputPauseBytes ? output.pendingBytes : 0)
  for (const connection of largerHalf(core.connections, behind)) {
    core.counters.limitsMet.memoryHardPercent++
    closeConnection(core, connection, NO_MEMORY)
  }
}

const NO_MEMORY: Violation = { reasonCode: ReasonCode.QuotaExceeded, reason: 'it reads too slowly and memory is short' }

const largerHalf = (
  connections: ReadonlySet<Connection>,
  sizeOf: (connection: Connection) => number,
): Set<Connection> => {
  const sized = [...connections].map((connection) => ({ connection, size: sizeOf(connection) }))
  const total = sized.reduce((sum, { size }) => sum + size, 0)
  const chosen = new Set<Connection>()
  let sum = 0
  for (const { connection, size } of sized.sort((one, other) => other.size - one.size)) {
    if (size === 0 || sum * 2 >= total) break
    sum += size
    chosen.add(connection)
  }
  return chosen
}
