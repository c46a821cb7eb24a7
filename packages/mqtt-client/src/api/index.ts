export type { Client, ClientEvents, ClientState, ClientStats, CloseOptions, ServerInfo } from './client.ts'
export type { Message } from './message.ts'
export type {
  Attempt,
  ClientOptions,
  Credentials,
  OutboxOptions,
  PacketTap,
  ReconnectOptions,
  Target,
  WillOptions,
} from './options.ts'
export type { PublishOptions, PublishResult } from './publish.ts'
export type { AbortSignalLike, CallOptions, Payload, UrlLike, UserProperties } from './structural.ts'
export type { SubscribeOptions, Subscription } from './subscription.ts'
export type { Authentication, AuthenticationLink, AuthenticationStart } from '../ports/authentication.ts'
export type { ConnectionAliases, TopicAliases } from '../ports/topic-aliases.ts'
export type { Runtime } from '../ports/runtime.ts'
export type { Journal } from '../ports/journal.ts'
export type { ByteStream, TlsOptions, Transport, TransportOptions, WebSocketOptions } from '../ports/transport.ts'
export { MqttError, type ErrorCode, type ErrorPhase, type MqttErrorDetails } from '../errors.ts'
