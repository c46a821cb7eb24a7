import type { Packet, QoS } from '@godwit/mqtt-codec'

/** A SUBSCRIBE to one filter, with the options that a test cares about. */
export const subscribeTo = (
  topicFilter: string,
  options: {
    readonly qos?: QoS
    readonly packetId?: number
    readonly noLocal?: boolean
    readonly retainAsPublished?: boolean
    readonly retainHandling?: 0 | 1 | 2
    readonly subscriptionIdentifier?: number
  } = {},
): Packet => {
  const { packetId = 1, subscriptionIdentifier, ...rest } = options
  const defaults = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
  return {
    type: 'subscribe',
    packetId,
    subscriptions: [{ topicFilter, ...defaults, ...rest }],
    ...(subscriptionIdentifier !== undefined && { properties: { subscriptionIdentifier } }),
  }
}

/** A PUBLISH with a text for its payload. */
export const message = (
  topicName: string,
  text: string,
  options: Partial<Omit<Extract<Packet, { type: 'publish' }>, 'type' | 'topicName' | 'payload'>> = {},
): Packet => ({
  type: 'publish',
  topicName,
  payload: Uint8Array.from(text, (character) => character.charCodeAt(0)),
  qos: 0,
  retain: false,
  dup: false,
  ...options,
})

/** What a test says about a received packet: the type and the few fields that it is about. */
export const summary = (packet: Packet): string => {
  switch (packet.type) {
    case 'publish': {
      const flags = `${packet.dup ? ' dup' : ''}${packet.retain ? ' retain' : ''}`
      const packetId = packet.packetId === undefined ? '' : ` #${packet.packetId}`
      return `publish ${packet.topicName} ${String.fromCharCode(...packet.payload)} q${packet.qos}${packetId}${flags}`
    }
    case 'connack':
      return `connack ${packet.reasonCode.toString(16)}${packet.sessionPresent ? ' present' : ''}`
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      return `${packet.type} #${packet.packetId} ${packet.reasonCode.toString(16)}`
    case 'suback':
    case 'unsuback':
      return `${packet.type} #${packet.packetId} ${packet.reasonCodes.map((code) => code.toString(16)).join(' ')}`.trim()
    case 'disconnect':
      return `disconnect ${packet.reasonCode.toString(16)}`
    default:
      return packet.type
  }
}
