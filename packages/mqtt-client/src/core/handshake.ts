import type { ConnackPacket, ConnectPacket, ProtocolVersion, QoS } from '@godwit/mqtt-codec'
import type { ServerInfo } from '../api/client.ts'

export type ServerLimits = Omit<ServerInfo, 'url'>

/** What the server granted, with the specification's default for each property that it left out (section 3.2.2.3). */
export function serverLimits(connect: ConnectPacket, connack: ConnackPacket): ServerLimits {
  const properties = connack.properties ?? {}
  return {
    version: connect.protocolVersion,
    clientId: properties.assignedClientId ?? connect.clientId,
    sessionPresent: connack.sessionPresent,
    keepAliveSeconds: properties.serverKeepAliveSeconds ?? connect.keepAliveSeconds,
    sessionExpiryIntervalSeconds:
      properties.sessionExpiryIntervalSeconds ?? connect.properties?.sessionExpiryIntervalSeconds ?? 0,
    receiveMaximum: properties.receiveMaximum ?? 65_535,
    maximumPacketSizeBytes: properties.maximumPacketSizeBytes ?? 268_435_460,
    topicAliasMaximum: properties.topicAliasMaximum ?? 0,
    maximumQos: maximumQos(connect.protocolVersion, properties.maximumQos),
    retainAvailable: properties.retainAvailable ?? true,
    wildcardSubscriptionAvailable: properties.wildcardSubscriptionAvailable ?? true,
    sharedSubscriptionAvailable: properties.sharedSubscriptionAvailable ?? true,
    subscriptionIdentifiersAvailable: properties.subscriptionIdentifiersAvailable ?? true,
    properties,
  }
}

const maximumQos = (version: ProtocolVersion, stated: QoS | undefined): QoS => (version === 5 ? (stated ?? 2) : 2)
