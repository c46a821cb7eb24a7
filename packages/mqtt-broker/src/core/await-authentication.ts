import type { Connection } from './connection.ts'
import type { Core } from './context.ts'

/** From here on it is decided who the Client is: what runs is the time for that, no longer the time for a CONNECT. */
export const awaitAuthentication = (core: Core, connection: Connection): void => {
  connection.phase = 'authenticating'
  core.deadlines.arm(connection.deadline!, core.now + core.limits.authenticationTimeoutMs)
}
