import type { ConnectPacket } from '@godwit/mqtt-codec'
import { ReasonCode } from '@godwit/mqtt-codec'
import { closeConnection } from './close.ts'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import { Deadline } from './deadlines.ts'
import { VIOLATIONS } from './refusals.ts'

/** What a Client is held to: its own interval, ours where the settings name one, never above the maximum (§3.1.2.10). */
export const effectiveKeepAliveSeconds = (core: Core, packet: ConnectPacket): number => {
  const asked = core.settings.serverKeepAliveSeconds ?? packet.keepAliveSeconds
  const maximum = core.limits.maximumKeepAliveSeconds
  // 0 means no limit, which is above any maximum that somebody set.
  const isTooLong = asked === 0 ? maximum < 65_535 : asked > maximum
  if (!isTooLong) return asked
  core.counters.limitsMet.maximumKeepAliveSeconds++
  return maximum
}

/** [MQTT-3.1.2-22] Closed after one and a half times the Keep Alive without a packet. */
export const watchKeepAlive = (core: Core, connection: Connection): void => {
  const { keepAliveSeconds } = connection
  if (connection.deadline !== undefined) core.deadlines.cancel(connection.deadline)
  if (keepAliveSeconds === 0) {
    connection.deadline = undefined
    return
  }
  const silenceMs = keepAliveSeconds * 1500
  // One deadline that looks again, instead of one that is armed anew with each packet.
  const deadline = new Deadline((now) => {
    // Who is not read cannot be silent.
    if (connection.throttled || connection.rests) connection.receivedAt = now
    const dueAt = connection.receivedAt + silenceMs
    if (dueAt > now) return core.deadlines.arm(deadline, dueAt)
    core.counters.keepAliveTimeouts++
    closeConnection(core, connection, VIOLATIONS.keepAlive)
  })
  connection.deadline = deadline
  core.deadlines.arm(deadline, connection.receivedAt + silenceMs)
}

/** A socket that does not get through its CONNECT in time is closed, however busily it drips. */
export const watchConnect = (
  core: Core,
  connection: Connection,
  refuse: (reasonCode: number, reason: string) => void,
): void => {
  connection.deadline = new Deadline(() => {
    if (connection.phase === 'authenticating') {
      core.counters.authenticationTimeouts++
      core.counters.limitsMet.authenticationTimeoutMs++
      const { reasonCode, reason } = connection.held
        ? VIOLATIONS.authenticatorUnanswered
        : VIOLATIONS.authenticationUnanswered
      refuse(reasonCode, reason)
    } else {
      core.counters.connectTimeouts++
      core.counters.limitsMet.connectTimeoutMs++
      closeConnection(core, connection, { reasonCode: ReasonCode.KeepAliveTimeout, reason: 'no CONNECT in time' })
    }
  })
  core.deadlines.arm(connection.deadline, core.now + core.limits.connectTimeoutMs)
}
