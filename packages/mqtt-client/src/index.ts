import { entrance } from './shell/connect.ts'
import { nodeTransport } from './shell/node-transport.ts'
import { platformRuntime } from './shell/runtime.ts'

const { connect, createClient } = /* @__PURE__ */ entrance(nodeTransport, platformRuntime)

export { connect, createClient }
export { memorySessionStore } from './stores/memory-session-store.ts'
export * from './api/index.ts'
