// Aedes as it is measured: in memory, no Nagle delay. `node aedes-peer.mjs TCP-PORT TLS-PORT WS-PORT CERTIFICATE KEY`.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Aedes } from 'aedes'
import { createWebSocketStream, WebSocketServer } from 'ws'

const [tcp, tls, ws, certificate = '', key = ''] = process.argv.slice(2)
const broker = await Aedes.createBroker({ queueLimit: 1000 })
const options = { noDelay: true, backlog: 4096 }
const pair = { cert: readFileSync(certificate), key: readFileSync(key) }
createServer(options, broker.handle).listen(Number(tcp), '127.0.0.1')
createTlsServer({ ...options, ...pair }, broker.handle).listen(Number(tls), '127.0.0.1')
new WebSocketServer({ port: Number(ws), host: '127.0.0.1', handleProtocols: () => 'mqtt' }).on(
  'connection',
  (webSocket) => broker.handle(createWebSocketStream(webSocket)),
)
