import { byteStreamCompliance, listenerCompliance, testCertificates } from './testing/index.ts'
import { pairOf } from './testing/socket-pair.ts'
import { connectWs, listenWs } from './ws.ts'

const { authority, server } = testCertificates
const loopback = { host: '127.0.0.1', port: 0 }

byteStreamCompliance('[MQTT-4.2-1] [MQTT-7.1.1-1] [MQTT-7.1.2-1] ws', () =>
  pairOf(
    (onStream) => listenWs(loopback, onStream),
    ({ url }) => connectWs(url),
  ),
)

byteStreamCompliance('[MQTT-4.2-1] [MQTT-7.1.1-1] [MQTT-7.1.2-1] wss', () =>
  pairOf(
    (onStream) => listenWs({ ...loopback, tls: server }, onStream),
    ({ port }) => connectWs(`wss://localhost:${port}/mqtt`, { tls: { ca: authority } }),
  ),
)

listenerCompliance('ws', {
  listen: listenWs,
  connect: ({ host, port }, options) => connectWs(`ws://${host}:${port}/mqtt`, options),
})

listenerCompliance('wss', {
  listen: (options, onStream) => listenWs({ ...options, tls: server }, onStream),
  connect: ({ host, port }, options) => connectWs(`wss://${host}:${port}/mqtt`, { ...options, tls: { ca: authority } }),
})
