import { expect, it } from 'vitest'
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
