import type { Packet } from '@godwit/mqtt-codec'
import { messageOf } from '../clients/payload.ts'
import type { HistoryEvent } from '../history.ts'

/** A packet in a few words: what tells it from others, and what somebody who looks for a fault asks first. */
export const describePacket = (packet: Packet): string => {
  switch (packet.type) {
    case 'connect':
      return `CONNECT ${packet.clientId}${packet.cleanStart ? ' clean' : ''}${packet.will === undefined ? '' : ' will'}`
    case 'connack':
      return `CONNACK ${code(packet.reasonCode)}${packet.sessionPresent ? ' session present' : ''}`
    case 'publish': {
      const { topicName, qos, packetId, dup, retain, payload } = packet
      const flags = `${dup ? ' DUP' : ''}${retain ? ' RETAIN' : ''}${payload.length === 0 ? ' empty' : ''}`
      const alias = packet.properties?.topicAlias
      const topic = topicName === '' ? `alias ${alias}` : topicName
      return `PUBLISH ${messageOf(payload)} ${topic} QoS ${qos}${packetId === undefined ? '' : ` #${packetId}`}${flags}`
    }
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      return `${packet.type.toUpperCase()} #${packet.packetId}${packet.reasonCode === 0 ? '' : ` ${code(packet.reasonCode)}`}`
    case 'subscribe':
      return `SUBSCRIBE #${packet.packetId} ${packet.subscriptions
        .map(({ topicFilter, qos }) => `${topicFilter} QoS ${qos}`)
        .join(', ')}`
    case 'unsubscribe':
      return `UNSUBSCRIBE #${packet.packetId} ${packet.topicFilters.join(', ')}`
    case 'suback':
    case 'unsuback':
      return `${packet.type.toUpperCase()} #${packet.packetId} ${packet.reasonCodes.map(code).join(' ')}`
    case 'disconnect':
      return `DISCONNECT ${code(packet.reasonCode)}`
    default:
      return packet.type.toUpperCase()
  }
}

const code = (reasonCode: number): string => `0x${reasonCode.toString(16).padStart(2, '0')}`

/** An event that is no packet, in words. */
export const describeEvent = (event: HistoryEvent): string => {
  switch (event.type) {
    case 'opened':
      return `${event.client} opens connection ${event.connection}`
    case 'gone':
      return `the ${event.side} sees the end of connection ${event.connection}${event.clean ? '' : ', broken'}`
    case 'ended-by-broker':
      return `the broker ends connection ${event.connection}`
    case 'cut':
      return `the network cuts connection ${event.connection}`
    case 'half-open':
      return `the client of connection ${event.connection} vanishes`
    case 'slow-reader':
      return `the client of connection ${event.connection} stops reading for a while`
    case 'injected':
      return `somebody sends as the broker: ${event.kind}`
    case 'garbage-sent':
    case 'garbage-written':
      return `bytes that are no packet on connection ${event.connection}: ${event.reason}`
    case 'started':
      return `the broker starts (life ${event.life})`
    case 'start-refused':
      return `the broker refuses to start: ${event.code}, ${event.reason}`
    case 'ended':
      return `the broker ends: ${event.how}`
    case 'commit-begun':
      return `commit ${event.commit} begins: ${event.changes.length} records`
    case 'commit-durable':
      return `commit ${event.commit} is on the disk`
    case 'commit-failed':
      return `commit ${event.commit} fails`
    case 'policy':
      return `rights change: ${JSON.stringify(event.policy)}`
    case 'wall-jump':
      return `the wall clock jumps by ${event.byMs} ms`
    case 'paused':
      return `the broker stands still until ${event.untilMs.toFixed(0)} ms`
    case 'handed-over':
      return `${event.client} hands ${event.message} to its application`
    case 'session-lost':
      return `${event.client} has lost its Session`
    case 'counters':
      return `${event.counters.sessions} Sessions, ${event.counters.queuedMessages} messages queued`
    case 'healed':
      return 'from here on nothing goes wrong any more'
    case 'leaving':
      return `from here on everybody leaves${event.waiting.length === 0 ? '' : `; ${event.waiting.join(', ')} still waits`}`
    case 'memory-reused':
      return 'the broker wrote into memory that it had given away'
    case 'over':
      return 'over'
    case 'disk-full':
    case 'disk-free':
    case 'disk-damaged':
    case 'disk-repaired':
      return event.type.replace('-', ' ')
    case 'sent':
    case 'read':
    case 'written':
    case 'received':
      return describePacket(event.packet)
    default: {
      const { type, at: _, ...rest } = event
      return `${type} ${JSON.stringify(rest)}`
    }
  }
}
