import { connectTls, listenTls } from './tls.ts'
import { byteStreamCompliance, listenerCompliance, testCertificates } from './testing/index.ts'
import { pairOf } from './testing/socket-pair.ts'

const { authority, server } = testCertificates
const loopback = { host: '127.0.0.1', port: 0 }

byteStreamCompliance('[MQTT-4.2-1] [MQTT-7.1.1-1] [MQTT-7.1.2-1] tls', () =>
  pairOf(
    (onStream) => listenTls({ ...loopback, ...server }, onStream),
    ({ port }) => connectTls({ host: 'localhost', port, ca: authority }),
  ),
)

listenerCompliance('tls', {
  listen: (options, onStream) => listenTls({ ...options, ...server }, onStream),
  connect: (target, options) => connectTls({ ...target, ...options, ca: authority }),
})
