import { createClient } from '@godwit/mqtt-client'
import mqtt from 'mqtt'

/** What the scenarios need of a client, in the words of neither. */
export interface Rival {
  /** QoS 1. */
  publish(payload: string, expirySeconds?: number): Promise<unknown>
  subscribe(topicFilter: string, handler?: () => Promise<void>): Promise<unknown>
  /** QoS 1, to a consumer that takes one message and never ends: the server is to be slowed, as each library has it. */
  subscribeSlowly(topicFilter: string): Promise<unknown>
  /** At once, without waiting for anything. */
  end(): Promise<unknown>
}

/** A client that connects by itself, with a Session that outlives a connection and a second between attempts. */
export type Open = (port: number, keepAliveSeconds?: number) => Rival

export const godwit: Open = (port, keepAliveSeconds = 60) => {
  const client = createClient(`mqtt://127.0.0.1:${port}`, {
    clientId: 'rival',
    version: 5,
    keepAliveSeconds,
    cleanStart: false,
    sessionExpiryIntervalSeconds: 600,
    reconnect: { baseMs: 200, maximumMs: 200 },
  })
  client.on('error', () => {})
  client.connect().catch(() => {})
  return {
    publish: (payload, messageExpiryIntervalSeconds) =>
      client.publish('t', payload, { qos: 1, messageExpiryIntervalSeconds }),
    subscribe: (topicFilter, handler = async () => {}) => client.subscribe(topicFilter, handler, { qos: 1 }),
    subscribeSlowly: (topicFilter) => client.subscribe(topicFilter, () => new Promise(() => {}), { qos: 1 }),
    end: () => client.close({ drain: false }),
  }
}

export const mqttJs: Open = (port, keepalive = 60) => {
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
    clientId: 'rival',
    protocolVersion: 5,
    keepalive,
    clean: false,
    properties: { sessionExpiryInterval: 600 },
    reconnectPeriod: 200,
  })
  client.on('error', () => {})
  return {
    publish: (payload, messageExpiryInterval) =>
      client.publishAsync('t', payload, {
        qos: 1,
        ...(messageExpiryInterval !== undefined && { properties: { messageExpiryInterval } }),
      }),
    subscribe: (topicFilter, handler = async () => {}) => {
      client.on('message', () => void handler())
      return client.subscribeAsync(topicFilter, { qos: 1 })
    },
    subscribeSlowly: (topicFilter) => {
      // Its only way to say that a message is not dealt with yet.
      client.handleMessage = () => {}
      return client.subscribeAsync(topicFilter, { qos: 1 })
    },
    end: () => client.endAsync(true),
  }
}
