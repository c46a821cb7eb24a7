import { createBroker } from '@godwit/mqtt-broker'
import mqtt from 'mqtt'
import { describe, expect, it } from 'vitest'

describe('MQTT.js 5 against the broker', () => {
  for (const scheme of ['mqtt', 'ws'] as const) {
    for (const protocolVersion of [3, 4, 5] as const) {
      it(`version ${protocolVersion} over ${scheme}: every QoS, and what was retained`, async () => {
        await using broker = createBroker()
        const { port } = await broker.listen(scheme === 'mqtt' ? 'mqtt://127.0.0.1:0' : 'ws://127.0.0.1:0/mqtt')
        const client = await mqtt.connectAsync(`${scheme}://127.0.0.1:${port}/mqtt`, {
          protocolVersion,
          ...(protocolVersion === 3 && { protocolId: 'MQIsdp' as const }),
          reconnectPeriod: 0,
        })
        try {
          await client.publishAsync('kept', 'retained', { qos: 1, retain: true })
          const seen: string[] = []
          const complete = new Promise<void>((resolve) => {
            client.on('message', (topic, payload, { qos, retain }) => {
              seen.push(`${topic} ${payload.toString()} ${qos} ${retain ? 'retained' : 'live'}`)
              if (seen.length === 4) resolve()
            })
          })
          await client.subscribeAsync(['js/#', 'kept'], { qos: 2 })
          for (const qos of [0, 1, 2] as const) await client.publishAsync(`js/${qos}`, `message ${qos}`, { qos })
          await complete
          expect(seen.sort()).toEqual([
            'js/0 message 0 0 live',
            'js/1 message 1 1 live',
            'js/2 message 2 2 live',
            'kept retained 1 retained',
          ])
        } finally {
          await client.endAsync()
        }
      })
    }
  }

  it('hostile #156: 5,000 QoS 2 messages in a burst arrive under the default limits', async () => {
    await using broker = createBroker()
    const { port } = await broker.listen('mqtt://127.0.0.1:0')
    const options = { protocolVersion: 4, reconnectPeriod: 0 } as const
    const publisher = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, options)
    const subscriber = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, options)
    try {
      let arrived = 0
      const complete = new Promise<void>((resolve) => {
        subscriber.on('message', () => {
          if (++arrived === 5000) resolve()
        })
      })
      await subscriber.subscribeAsync('burst', { qos: 0 })
      const sent = Array.from({ length: 5000 }, (_, number) =>
        publisher.publishAsync('burst', String(number), { qos: 2 }),
      )
      await Promise.all(sent)
      await complete
      expect(arrived).toBe(5000)
    } finally {
      await publisher.endAsync()
      await subscriber.endAsync()
    }
  })

  it('a Will of MQTT.js is published when its socket breaks', async () => {
    await using broker = createBroker()
    const { port } = await broker.listen('mqtt://127.0.0.1:0')
    const watcher = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5, reconnectPeriod: 0 })
    const will = { topic: 'gone', payload: Buffer.from('farewell'), qos: 1 as const, retain: false }
    const doomed = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5, reconnectPeriod: 0, will })
    try {
      await watcher.subscribeAsync('gone', { qos: 1 })
      const message = new Promise<[string, Buffer]>((resolve) =>
        watcher.once('message', (...seen) => resolve([seen[0], seen[1]])),
      )
      doomed.stream.destroy()
      const [topic, payload] = await message
      expect(`${topic} ${payload.toString()}`).toBe('gone farewell')
    } finally {
      await watcher.endAsync()
      await doomed.endAsync(true)
    }
  })
})
