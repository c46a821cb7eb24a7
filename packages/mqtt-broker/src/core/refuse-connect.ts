import type { ConnackProperties } from '@godwit/mqtt-codec'
import { PacketType, ReasonCode } from '@godwit/mqtt-codec'
import type { Refusal } from '../ports/grant.ts'
import { connectionEnded } from './close.ts'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import { legalReasonCode } from './legal-reason-code.ts'
import { problemInformation } from './problem-information.ts'
import { serverReferenceFor } from './server-reference.ts'

/** A CONNACK with the reason, where the version has one for it, then the end [MQTT-3.2.2-7] [MQTT-3.1.4-2]. */
export const refuseConnect = (
  core: Core,
  connection: Connection,
  askedReasonCode: number,
  reason: string,
  more: Omit<Refusal, 'reasonCode' | 'reasonString'> = {},
): void => {
  const reasonCode = legalReasonCode(core.logger, PacketType.connack, askedReasonCode)
  core.counters.connectsRefused++
  core.logger.info({ clientId: connection.connect?.clientId ?? '', reasonCode }, `CONNECT refused: ${reason}`)
  if (connection.version === 5 || RETURN_CODES.has(reasonCode)) {
    const properties: ConnackProperties = {
      ...problemInformation(connection, reason, more.userProperties),
      ...serverReferenceFor(core, reasonCode, more.serverReference),
    }
    connection.output.packet({ type: 'connack', sessionPresent: false, reasonCode, properties }, 0)
  }
  connection.output.end()
  connectionEnded(core, connection, reasonCode, reason)
}

/** Those that 3.1.1 can say in a Return Code; for any other the connection closes without a word. */
const RETURN_CODES: ReadonlySet<number> = new Set([
  ReasonCode.UnsupportedProtocolVersion,
  ReasonCode.ClientIdentifierNotValid,
  ReasonCode.BadUserNameOrPassword,
  ReasonCode.NotAuthorized,
  ReasonCode.ServerUnavailable,
  ReasonCode.ServerBusy,
  ReasonCode.Banned,
  ReasonCode.QuotaExceeded,
  ReasonCode.ConnectionRateExceeded,
  ReasonCode.UseAnotherServer,
  ReasonCode.ServerMoved,
])
