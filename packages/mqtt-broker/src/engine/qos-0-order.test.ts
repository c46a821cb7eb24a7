import { expect, it } from 'vitest'
import { CrashStore } from '../testing/crash-store.ts'
import { message, subscribeTo } from '../testing/packets.ts'
import { LASTING, seen } from '../testing/restarts.ts'
import { VirtualBroker } from '../testing/virtual-broker.ts'

it('I10 a QoS 0 message never overtakes one that waits at the gate behind a SUBACK', () => {
  const store = new CrashStore()
  const broker = new VirtualBroker({ store })
  const subscriber = broker.connect('s', LASTING)
  const publisher = broker.connect('p')
  seen(subscriber)
  store.hangs = true
  // The first commit is in flight, the second holds what the Client asked for last.
  subscriber.send(subscribeTo('t', { packetId: 1 }))
  subscriber.send(subscribeTo('other', { packetId: 2 }))
  publisher.send(message('t', 'first'))
  store.finish()
  publisher.send(message('t', 'second'))
  store.hangs = false
  store.advance()
  broker.settle()
  expect(seen(subscriber)).toEqual(['suback #1 0', 'suback #2 0', 'publish t first q0', 'publish t second q0'])
})
