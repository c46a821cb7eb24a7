import type { PublishPacket, Packet } from '@godwit/mqtt-codec'
import type { Packet as PeerPacket } from 'mqtt-packet'
import { randomFrom } from '../harness/random.ts'

/** One packet as both libraries want it. */
export interface Twin {
  readonly ours: Packet
  readonly peer: PeerPacket
}

/** Different ones of each kind, so that no branch is learnt by heart from one packet. */
const VARIETY = 50

const topicOf = (index: number): string => `site/${10 + (index % 50)}/room/${index % 7}/temp`

const payloadOf = (bytes: number, random: () => number): Buffer =>
  Buffer.from(Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)))

const publishTwin = (index: number, qos: 0 | 1, payload: Buffer): Twin => {
  const packet = { topicName: topicOf(index), payload, qos, retain: false, dup: false }
  const packetId = 1 + (index % 65_535)
  return {
    ours: { type: 'publish', ...packet, ...(qos === 0 ? {} : { packetId }) },
    peer: {
      cmd: 'publish',
      topic: packet.topicName,
      payload,
      qos,
      retain: false,
      dup: false,
      ...(qos === 0 ? {} : { messageId: packetId }),
    },
  }
}

const many = (make: (index: number, random: () => number) => Twin): readonly Twin[] => {
  const random = randomFrom(1883)
  return Array.from({ length: VARIETY }, (_, index) => make(index, random))
}

export const publishes = (qos: 0 | 1, payloadBytes: number): readonly Twin[] =>
  many((index, random) => publishTwin(index, qos, payloadOf(payloadBytes, random)))

/** 600 packets of 50 topics, QoS 0 and 1 mixed, 64 KiB in all. */
export const mixedPublishes = (): readonly Twin[] => {
  const random = randomFrom(64)
  return Array.from({ length: 600 }, (_, index) => publishTwin(index, index % 2 === 0 ? 0 : 1, payloadOf(84, random)))
}

/** One packet each, which is enough for a payload of this size. */
export const publishesOfOneMebibyte = (): readonly Twin[] => [publishTwin(0, 1, Buffer.alloc(2 ** 20, 0xdb))]

/** 5.0 with six kinds of properties. */
export const publishesWithProperties = (): readonly Twin[] =>
  many((index, random) => {
    const { ours, peer } = publishTwin(index, 1, payloadOf(64, random))
    const messageExpiryInterval = 3600 + index
    const contentType = 'application/json'
    const responseTopic = `answers/${index}`
    const correlationData = payloadOf(8, random)
    const trace = `4bf92f3577b34da6a3ce929d0e0e${1000 + index}`
    return {
      ours: {
        ...(ours as PublishPacket),
        properties: {
          payloadFormatIndicator: 1,
          messageExpiryIntervalSeconds: messageExpiryInterval,
          contentType,
          responseTopic,
          correlationData,
          userProperties: [
            ['trace', trace],
            ['unit', 'celsius'],
          ],
        },
      },
      peer: {
        ...peer,
        properties: {
          payloadFormatIndicator: true,
          messageExpiryInterval,
          contentType,
          responseTopic,
          correlationData,
          userProperties: { trace, unit: 'celsius' },
        },
      } as PeerPacket,
    }
  })

export const connects = (): readonly Twin[] =>
  many((index) => {
    const clientId = `sensor-${1000 + index}`
    const password = Buffer.from('correct horse battery staple')
    const payload = Buffer.from('offline')
    const will = { qos: 1, retain: true, payload } as const
    const topicName = `site/${index}/status`
    return {
      ours: {
        type: 'connect',
        protocolVersion: 4,
        clientId,
        cleanStart: true,
        keepAliveSeconds: 60,
        username: 'sensor',
        password,
        will: { topicName, ...will },
      },
      peer: {
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clientId,
        clean: true,
        keepalive: 60,
        username: 'sensor',
        password,
        will: { topic: topicName, ...will },
      },
    }
  })

export const subscribes = (): readonly Twin[] =>
  many((index) => {
    const filters = Array.from({ length: 10 }, (_, place) => `site/${index}/room/${place}/+`)
    return {
      ours: {
        type: 'subscribe',
        packetId: index + 1,
        subscriptions: filters.map((topicFilter) => ({
          topicFilter,
          qos: 1,
          noLocal: false,
          retainAsPublished: false,
          retainHandling: 0,
        })),
      },
      peer: {
        cmd: 'subscribe',
        messageId: index + 1,
        subscriptions: filters.map((topic) => ({ topic, qos: 1 })),
      },
    }
  })

export const pubacks = (): readonly Twin[] =>
  many((index) => ({
    ours: { type: 'puback', packetId: index + 1, reasonCode: 0 },
    peer: { cmd: 'puback', messageId: index + 1 },
  }))
