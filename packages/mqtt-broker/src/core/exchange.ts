import type { AuthenticationExchange } from '../ports/authentication-mechanism.ts'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import type { Deadline } from './deadlines.ts'

/** An exchange of AUTH packets that is under way, before CONNACK or for a re-authentication (§4.12). */
export interface PendingExchange {
  readonly exchange: AuthenticationExchange
  /** AUTH packets that we have sent. */
  rounds: number
  /** Of a re-authentication; before CONNACK the connection's own deadline runs. */
  readonly deadline: Deadline | undefined
}

/** Nothing of an exchange outlives its connection. */
export const endExchange = (core: Core, connection: Connection): void => {
  const deadline = connection.exchange?.deadline
  if (deadline !== undefined) core.deadlines.cancel(deadline)
  connection.exchange = undefined
}
