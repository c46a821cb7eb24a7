import type { ConnectPacket, ProtocolVersion } from '@godwit/mqtt-codec'
import type { ClientOptions, Credentials } from '../api/options.ts'
import { MAXIMUM_PACKET_SIZE_BYTES, RECEIVE_MAXIMUM } from '../core/defaults.ts'
import type { AuthenticationStart } from '../ports/authentication.ts'
import { propertiesOf, toBytes } from './values.ts'

/** What the options say to the server. Of `properties` the codec writes those that CONNECT and the Will may have. */
export const connectPacket = (
  options: ClientOptions,
  protocolVersion: ProtocolVersion,
  clientId: string,
  cleanStart: boolean,
  { username, password }: Credentials,
  authentication: AuthenticationStart | undefined,
): ConnectPacket => {
  const { will, sessionExpiryIntervalSeconds, keepAliveSeconds = 60 } = options
  return {
    type: 'connect',
    protocolVersion,
    clientId,
    cleanStart,
    keepAliveSeconds,
    // What it leaves out, the codec takes for 0 and false.
    will: will && { ...will, payload: toBytes(will.payload ?? ''), properties: propertiesOf(will) },
    username,
    password: password === undefined ? undefined : toBytes(password),
    properties: {
      receiveMaximum: RECEIVE_MAXIMUM,
      maximumPacketSizeBytes: MAXIMUM_PACKET_SIZE_BYTES,
      topicAliasMaximum: options.topicAliases?.maximum,
      ...propertiesOf(options),
      sessionExpiryIntervalSeconds:
        sessionExpiryIntervalSeconds === 'never' ? 0xffff_ffff : sessionExpiryIntervalSeconds,
      ...authentication,
    },
  } as ConnectPacket
}
