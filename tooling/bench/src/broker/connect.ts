import type { ByteStream } from '@godwit/mqtt-transport'
import { connectTcp } from '@godwit/mqtt-transport/tcp'
import { testCertificates } from '@godwit/mqtt-transport/testing'
import { connectTls } from '@godwit/mqtt-transport/tls'
import { connectWs } from '@godwit/mqtt-transport/ws'
import type { Transport } from './scenarios.ts'

/** Connects the generator. Its certificate names `localhost`. */
export const connectBy: Readonly<Record<Transport, (port: number) => Promise<ByteStream>>> = {
  tcp: (port) => connectTcp({ host: '127.0.0.1', port }),
  tls: (port) => connectTls({ host: 'localhost', port, ca: testCertificates.authority }),
  ws: (port) => connectWs(`ws://127.0.0.1:${port}/mqtt`),
}
