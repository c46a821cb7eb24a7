import { connectOn, createClientOn } from './shell/connect.ts'
import { webRuntime, webTransport } from './shell/web-transport.ts'

export const connect = /* @__PURE__ */ connectOn(webTransport, webRuntime)
export const createClient = /* @__PURE__ */ createClientOn(webTransport, webRuntime)
export * from './api/index.ts'
