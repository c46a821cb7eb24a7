import { connectTcp, listenTcp } from './tcp.ts'
import { byteStreamCompliance, listenerCompliance } from './testing/index.ts'
import { pairOf } from './testing/socket-pair.ts'

const loopback = { host: '127.0.0.1', port: 0 }

for (const reading of ['onread', 'data'] as const) {
  byteStreamCompliance(
    `[MQTT-4.2-1] [MQTT-7.1.1-1] [MQTT-7.1.2-1] tcp, reading: ${reading}`,
    () =>
      pairOf(
        (onStream) => listenTcp({ ...loopback, reading }, onStream),
        ({ port }) => connectTcp({ host: '127.0.0.1', port, reading }),
      ),
    { reusesReadMemory: reading === 'onread' ? [0, 1] : [] },
  )
  listenerCompliance(`tcp, reading: ${reading}`, {
    listen: (options, onStream) => listenTcp({ ...options, reading }, onStream),
    connect: (target, options) => connectTcp({ ...target, ...options, reading }),
  })
}
