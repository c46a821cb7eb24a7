import type { ReasonProperties } from '@godwit/mqtt-codec'
import type { Refusal } from '../ports/grant.ts'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'

/**
 * Why something was refused, in words: only to a 5.0 Client that wants it (Request Problem Information) and only where the
 * settings say so [MQTT-3.1.2-29]. The Output leaves it out where it does not fit.
 */
export const problemInformation = (
  core: Core,
  connection: Connection,
  reason: string | undefined,
  userProperties?: Refusal['userProperties'],
): ReasonProperties | undefined => {
  if (!connection.problemInformation || connection.version !== 5) return undefined
  const { reasonStrings } = core.settings
  if (!reasonStrings || (reason === undefined && userProperties === undefined)) return undefined
  return { ...(reason !== undefined && { reasonString: reason }), ...(userProperties && { userProperties }) }
}
