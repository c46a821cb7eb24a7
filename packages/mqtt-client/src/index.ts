import { entrance } from './shell/connect.ts'
import { nodeTransport } from './shell/node-transport.ts'
import { platformRuntime } from './shell/runtime.ts'

const { connect, createClient } = /* @__PURE__ */ entrance(nodeTransport, platformRuntime)

export { connect, createClient }
export * from './api/index.ts'
