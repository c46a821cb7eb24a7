export { Counters } from './core/counters.ts'
export {
  DEFAULT_LIMITS,
  LIMITS,
  STRICT_LIMITS,
  type CountedLimitName,
  type LimitName,
  type Limits,
} from './core/limits.ts'
export type { LimitDescription } from './core/limit-description.ts'
export { DEFAULT_SETTINGS, type Settings } from './core/settings.ts'
export * from './ports/index.ts'
export type { Broker } from './api/broker.ts'
export { createBroker } from './shell/broker.ts'
export { BrokerError, type BrokerErrorCode } from './shell/broker-error.ts'
export type { RecoveryProgress } from './shell/durable-shell.ts'
export type { BrokerOptions, ListenOptions, OwnMessage, TlsListenOptions } from './api/options.ts'
