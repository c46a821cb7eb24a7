import { connectOn, createClientOn } from './shell/connect.ts'
import { nodeTransport } from './shell/node-transport.ts'
import { platformRuntime } from './shell/runtime.ts'

export const connect = /* @__PURE__ */ connectOn(nodeTransport, platformRuntime)
export const createClient = /* @__PURE__ */ createClientOn(nodeTransport, platformRuntime)
export * from './api/index.ts'
