import { entrance } from './shell/connect.ts'
import { webRuntime, webTransport } from './shell/web-transport.ts'

const { connect, createClient } = /* @__PURE__ */ entrance(webTransport, webRuntime)

export { connect, createClient }
export * from './api/index.ts'
