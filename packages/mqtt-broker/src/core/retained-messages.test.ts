import { expect, it } from 'vitest'
import { message, subscribeTo } from '../testing/packets.ts'
import { seen } from '../testing/restarts.ts'
import { join } from '../testing/wire.ts'
import { VirtualBroker } from '../testing/virtual-broker.ts'

it('retained bytes are those that are kept, also where the publisher used a Topic Alias, and come back to nothing', () => {
  const broker = new VirtualBroker()
  const publisher = join(broker, 'publisher')
  const { counters } = broker.core
  const retain = (topicName: string, topicAlias: number | undefined, size: number) =>
    publisher.send({
      type: 'publish',
      topicName,
      payload: new Uint8Array(size),
      qos: 0,
      dup: false,
      retain: true,
      ...(topicAlias !== undefined && { properties: { topicAlias } }),
    })
  retain('topic', undefined, 10)
  const plain = counters.retainedBytes
  // The Alias is no part of what is kept, with the Topic Name beside it and without.
  retain('topic', 1, 10)
  expect(counters.retainedBytes).toBe(plain)
  retain('', 1, 10)
  expect(counters.retainedBytes).toBe(plain)
  retain('topic', undefined, 0)
  expect([counters.retainedMessages, counters.retainedBytes]).toEqual([0, 0])
})

it('I15 a retained message outlives the Message Expiry Interval of the one that it replaced', () => {
  const broker = new VirtualBroker()
  const publisher = join(broker, 'publisher')
  publisher.send(message('t', 'brief', { retain: true, properties: { messageExpiryIntervalSeconds: 5 } }))
  publisher.send(message('t', 'lasting', { retain: true }))
  broker.pass(6_000)
  const subscriber = join(broker, 'subscriber').send(subscribeTo('t'))
  expect(seen(subscriber)).toEqual(['suback #1 0', 'publish t lasting q0 retain'])
})
