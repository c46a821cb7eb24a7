import type { DropReason } from '../ports/observer.ts'
import { type CountedLimitName, LIMITS } from './limits.ts'

/** What has happened since the start, and what is there now. Plain numbers: cheap to raise, cheap to read. */
export class Counters {
  connectionsOpened = 0
  connectionsRefused = 0
  connectsAccepted = 0
  connectsRefused = 0
  connectTimeouts = 0
  authenticationTimeouts = 0
  reauthentications = 0
  reauthenticationsRefused = 0
  assemblyTimeouts = 0
  keepAliveTimeouts = 0
  stalledConnections = 0
  takeovers = 0
  takeoversRefused = 0
  packetsTooLarge = 0
  protocolErrors = 0
  receiveMaximumExceeded = 0
  messagesReceived = 0
  messagesDelivered = 0
  willsPublished = 0
  subscriptionsRefused = 0
  commits = 0
  commitsFailed = 0
  recordsStaged = 0
  connections = 0
  sessions = 0
  subscriptions = 0
  retainedMessages = 0
  retainedBytes = 0
  queuedMessages = 0
  queuedBytes = 0
  unauthenticatedConnections = 0
  unauthenticatedBytes = 0
  /** How often each limit was met: why something was refused, closed, dropped, cut or made to wait. */
  readonly limitsMet = Object.fromEntries(Object.keys(LIMITS).map((name) => [name, 0])) as Record<
    CountedLimitName,
    number
  >
  readonly messagesDropped: Record<DropReason, number> = {
    'not-authorized': 0,
    'queue-full': 0,
    'session-offline': 0,
    'slow-client': 0,
    'packet-too-large': 0,
    'message-expired': 0,
    'no-group-member': 0,
    'refused-by-interceptor': 0,
    'retained-limit': 0,
    'payload-format-invalid': 0,
    'store-damaged': 0,
    'store-unavailable': 0,
  }
}
