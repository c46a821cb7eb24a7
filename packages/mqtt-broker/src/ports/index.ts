export type {
  AuthenticationExchange,
  AuthenticationMechanism,
  AuthenticationRequest,
  AuthenticationStep,
} from './authentication-mechanism.ts'
export type { Authenticate, AuthenticateRequest, AuthenticateResult } from './authenticator.ts'
export { isRefusal } from './authenticator.ts'
export type { ClientInfo } from './client-info.ts'
export type { Cluster } from './cluster.ts'
export { alone } from './cluster.ts'
export type { Edges } from './edges.ts'
export type { Grant, Refusal } from './grant.ts'
export type { Interceptor, Message } from './interceptor.ts'
export type { Logger } from './logger.ts'
export { silentLogger } from './logger.ts'
export type { DropReason, Observer } from './observer.ts'
export type { LoadedRecord, LoadRequest } from './stored-message.ts'
export type { Durability, KeyRange, Store, StoreBatch, StoreHealth, StoreRecord } from './store.ts'
