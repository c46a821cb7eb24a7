// Aedes as it is measured: in memory, no Nagle delay. `node aedes-peer.mjs PORT`.
import { createServer } from 'node:net'
import { Aedes } from 'aedes'

const broker = await Aedes.createBroker({ queueLimit: 1000 })
createServer({ noDelay: true, backlog: 4096 }, broker.handle).listen(Number(process.argv[2]), '127.0.0.1')
