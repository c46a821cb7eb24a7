export type { ClientTlsOptions, ServerTlsOptions } from './node/tls-options.ts'
export { connectWs, type ConnectWsOptions } from './node/connect-ws.ts'
export { listenWs, type ListenWsOptions } from './node/listen-ws.ts'
