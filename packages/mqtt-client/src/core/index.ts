export {
  createConnection,
  type Connection,
  type ConnectionHost,
  type ServerLimits,
  type Session,
} from './connection.ts'
export { createIncoming, type Delivery, type IncomingMessages } from './incoming.ts'
export { createOutgoing, type Outgoing, type OutgoingMessages } from './outgoing.ts'
export { isRetryable, reconnectPolicy } from './reconnect-policy.ts'
export { createRequests, type Request, type Requests } from './requests.ts'
