import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createBroker } from '@godwit/mqtt-broker'
import { FileLogin, parsePasswordFile } from '@godwit/mqtt-broker/auth'
import { openLevelStore } from '@godwit/mqtt-store-level'

/**
 * A broker in a process of its own that can be asked how it is: `node durable-host.mjs PASSWORDS [DIRECTORY]`, without a
 * directory in memory. It tells its port, and answers every message with its memory and the longest delays of its event loop since the one before.
 */
export interface HostState {
  readonly residentBytes: number
  readonly delayP99Ms: number
  readonly delayMaximumMs: number
}

const [passwords = '', directory] = process.argv.slice(2)
const login = new FileLogin({ passwords: parsePasswordFile(passwords), allowAnonymous: true })
const broker = createBroker({
  ...(directory !== undefined && { store: await openLevelStore(directory) }),
  authenticate: login.authenticate,
  // A million messages are to wait.
  limits: {
    maximumQueuedMessages: 1_000_000,
    maximumQueuedBytes: 1e9,
    maximumInflightMessages: 1000,
    receiveMaximum: 1000,
  },
})
await broker.ready
const { port } = await broker.listen('mqtt://127.0.0.1:0')
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()

process.on('message', () => {
  globalThis.gc?.()
  const state: HostState = {
    residentBytes: process.memoryUsage.rss(),
    // The histogram counts its own period of a millisecond as delay.
    delayP99Ms: delay.percentile(99) / 1e6 - 1,
    delayMaximumMs: delay.max / 1e6 - 1,
  }
  delay.reset()
  process.send!(state)
})
process.on('disconnect', () => process.exit())
process.send!({ port })
