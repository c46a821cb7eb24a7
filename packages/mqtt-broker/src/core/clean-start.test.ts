import { expect, it } from 'vitest'
import { CrashStore } from '../testing/crash-store.ts'
import { subscribeTo } from '../testing/packets.ts'
import { LASTING, restart, seen } from '../testing/restarts.ts'
import { VirtualBroker } from '../testing/virtual-broker.ts'

it.each([4, 5] as const)(
  'I5 the CONNACK of a Clean Start waits until the Session before it is gone from the disk, version %i',
  (version) => {
    const store = new CrashStore()
    const broker = new VirtualBroker({ store })
    broker.connect('a', { version, ...LASTING }).send(subscribeTo('t', { qos: 1 }))
    store.hangs = true
    const clean = broker.connect('a', { version, cleanStart: true })
    expect(seen(clean)).toEqual([])

    store.hangs = false
    broker.settle()
    expect(seen(clean)).toEqual(['connack 0'])
    const next = restart(broker)
    expect(seen(next.connect('a', { version, ...LASTING }))).toEqual(['connack 0'])
  },
)
