import type { ReasonProperties } from '@godwit/mqtt-codec'
import type { Refusal } from '../ports/grant.ts'
import type { Connection } from './connection.ts'

/**
 * Why something was refused, in words, for a Client that is to be told [MQTT-3.1.2-29]. The Output leaves it out where it
 * does not fit, and of older versions.
 */
export const problemInformation = (
  connection: Connection,
  reason: string | undefined,
  userProperties?: Refusal['userProperties'],
): ReasonProperties | undefined => {
  if (!connection.problemInformation || (reason === undefined && userProperties === undefined)) return undefined
  return { ...(reason !== undefined && { reasonString: reason }), ...(userProperties && { userProperties }) }
}
