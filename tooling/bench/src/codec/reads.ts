import type { Packet, PublishProperties } from '@godwit/mqtt-codec'
import type { IPublishPacket, Packet as PeerPacket } from 'mqtt-packet'

/**
 * Reads every field of a packet and adds up what it finds. The two functions of this file do the same to the two shapes,
 * and must come to the same sum.
 */
export const readOurs = (packet: Packet): number => {
  switch (packet.type) {
    case 'publish': {
      const { topicName, payload, qos, retain, dup, packetId = 0, properties } = packet
      const sum = text(topicName) + bytes(payload) + qos + Number(retain) + Number(dup) + packetId
      return properties === undefined ? sum : sum + readProperties(properties)
    }
    case 'connect': {
      const { protocolVersion, clientId, cleanStart, keepAliveSeconds, username = '', password, will } = packet
      return (
        protocolVersion +
        text(clientId) +
        Number(cleanStart) +
        keepAliveSeconds +
        text(username) +
        bytes(password!) +
        text(will!.topicName) +
        bytes(will!.payload) +
        will!.qos +
        Number(will!.retain)
      )
    }
    case 'subscribe': {
      let sum = packet.packetId
      for (const { topicFilter, qos } of packet.subscriptions) sum += text(topicFilter) + qos
      return sum
    }
    case 'puback':
      return packet.packetId
    default:
      throw new TypeError(`nobody asked for ${packet.type}`)
  }
}

export const readPeer = (packet: PeerPacket): number => {
  switch (packet.cmd) {
    case 'publish': {
      const { topic, payload, qos, retain, dup, messageId = 0, properties } = packet
      const sum = text(topic) + bytes(payload as Buffer) + qos + Number(retain) + Number(dup) + messageId
      return properties === undefined ? sum : sum + readPeerProperties(properties)
    }
    case 'connect': {
      const { protocolVersion, clientId, clean, keepalive, username = '', password, will } = packet
      return (
        protocolVersion! +
        text(clientId) +
        Number(clean) +
        keepalive! +
        text(username) +
        bytes(password!) +
        text(will!.topic) +
        bytes(will!.payload as Buffer) +
        will!.qos! +
        Number(will!.retain)
      )
    }
    case 'subscribe': {
      const { messageId, subscriptions } = packet
      let sum = messageId!
      for (const { topic, qos } of subscriptions) sum += text(topic) + qos
      return sum
    }
    case 'puback':
      return packet.messageId!
    default:
      throw new TypeError(`nobody asked for ${packet.cmd}`)
  }
}

const readProperties = (properties: PublishProperties): number => {
  let sum =
    properties.payloadFormatIndicator! +
    properties.messageExpiryIntervalSeconds! +
    text(properties.contentType!) +
    text(properties.responseTopic!) +
    bytes(properties.correlationData!)
  for (const [name, value] of properties.userProperties!) sum += text(name) + text(value)
  return sum
}

const readPeerProperties = (properties: NonNullable<IPublishPacket['properties']>): number => {
  const { userProperties } = properties
  let sum =
    Number(properties.payloadFormatIndicator) +
    properties.messageExpiryInterval! +
    text(properties.contentType!) +
    text(properties.responseTopic!) +
    bytes(properties.correlationData!)
  for (const name in userProperties) sum += text(name) + text(userProperties[name] as string)
  return sum
}

/** The last character too: a string that is put together only when somebody looks is not a string yet. */
const text = (value: string): number => (value === '' ? 0 : value.length + value.charCodeAt(value.length - 1))

const bytes = (value: Uint8Array): number => value.length + (value.length > 0 ? value[value.length - 1]! : 0)
