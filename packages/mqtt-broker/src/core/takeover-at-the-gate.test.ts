import { expect, it } from 'vitest'
import { CrashStore } from '../testing/crash-store.ts'
import { message, subscribeTo } from '../testing/packets.ts'
import { LASTING, seen } from '../testing/restarts.ts'
import { VirtualBroker } from '../testing/virtual-broker.ts'

it('I11 what left with the CONNACK of a connection that was taken over at the gate is sent again with DUP', () => {
  const store = new CrashStore()
  const broker = new VirtualBroker({ store })
  broker
    .connect('s', LASTING)
    .send(subscribeTo('t', { qos: 1 }))
    .cut()
  const publisher = broker.connect('p')
  publisher.send(message('t', 'a', { qos: 1, packetId: 1 }))
  store.hangs = true
  const first = broker.connect('s', LASTING)
  const second = broker.connect('s', LASTING)
  store.hangs = false
  store.advance()
  broker.settle()
  const left = seen(first).filter((packet) => packet.startsWith('publish'))
  const again = seen(second).filter((packet) => packet.startsWith('publish'))
  expect([left, again]).toEqual([['publish t a q1 #1'], ['publish t a q1 #1 dup']])
})
