import { expect, it } from 'vitest'
import { CrashStore } from '../testing/crash-store.ts'
import { message, subscribeTo } from '../testing/packets.ts'
import { count, lasting, restart, seen } from '../testing/restarts.ts'
import { VirtualBroker } from '../testing/virtual-broker.ts'
import { RecordTag } from './records/keys.ts'

it('I24 a body that the first of two receivers gives up at once is there for the second, also after a crash', () => {
  const broker = new VirtualBroker({ store: new CrashStore() })
  const { properties, ...rest } = lasting(3600)
  const small = { ...rest, properties: { ...properties, maximumPacketSizeBytes: 100 } }
  broker.connect('takes little', small).send(subscribeTo('t', { qos: 2 }))
  const other = broker.connect('takes all', lasting(3600)).send(subscribeTo('t', { qos: 1 }))
  broker.connect('publisher').send(message('t', 'x'.repeat(400), { qos: 1, packetId: 1 }))
  other.cut()

  const next = restart(broker)
  expect(seen(next.connect('takes all', lasting(3600)))).toEqual([
    'connack 0 present',
    `publish t ${'x'.repeat(400)} q1 #1 dup`,
  ])
  next.pass(1)
  expect(count(next.store!, RecordTag.body)).toBe(1)
})

it('I20 a body that every receiver gives up at once leaves nothing behind', () => {
  const broker = new VirtualBroker({ store: new CrashStore() })
  const { properties, ...rest } = lasting(3600)
  const small = { ...rest, properties: { ...properties, maximumPacketSizeBytes: 100 } }
  for (const clientId of ['a', 'b']) broker.connect(clientId, small).send(subscribeTo('t', { qos: 1 }))
  broker.connect('publisher').send(message('t', 'x'.repeat(400), { qos: 1, packetId: 1 }))
  expect(count(broker.store!, RecordTag.body)).toBe(0)
})
