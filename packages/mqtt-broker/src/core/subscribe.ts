import type {
  SubackPacket,
  SubscribePacket,
  SubscriptionRequest,
  UnsubackPacket,
  UnsubscribePacket,
} from '@godwit/mqtt-codec'
import { PacketType, ReasonCode } from '@godwit/mqtt-codec'
import { isRefusal } from '../ports/authenticator.ts'
import type { Refusal } from '../ports/grant.ts'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import { closeConnection } from './close.ts'
import { ask } from './interceptors.ts'
import { legalReasonCode } from './legal-reason-code.ts'
import { problemInformation } from './problem-information.ts'
import { VIOLATIONS, type Violation } from './refusals.ts'
import { beginReplay, wakeReplays } from './retained-replays.ts'
import { pumpGroups } from './shared-subscriptions.ts'
import type { Subscription } from './subscription.ts'
import { endSubscription, storeSubscription } from './subscriptions.ts'
import { matchedFilterOf, parseFilter, type ParsedFilter } from './topic-filters.ts'

/** SUBSCRIBE (§3.8). A malformed filter refuses the whole packet; a right that is missing only its own filter. */
export const subscribe = (core: Core, connection: Connection, packet: SubscribePacket): Violation | undefined => {
  for (const request of packet.subscriptions) {
    const parsed = parseFilter(core, request.topicFilter)
    if ('reasonCode' in parsed) return parsed
    // [MQTT-3.8.3-4]
    if (request.noLocal && parsed.shareName !== undefined) return VIOLATIONS.sharedNoLocal
    const missing = connection.version === 5 ? unavailable(core, parsed) : undefined
    if (missing !== undefined) return missing
  }
  if (packet.properties?.subscriptionIdentifier !== undefined && !core.settings.subscriptionIdentifiersAvailable) {
    return VIOLATIONS.subscriptionIdentifiersUnavailable
  }
  connection.subscribe = packet
  if (core.edges.authorizeSubscribe === undefined) {
    finishSubscribe(core, connection, undefined)
    return undefined
  }
  connection.ticket = core.nextTicket++
  const filters = packet.subscriptions.map(({ topicFilter }) => matchedFilterOf(core, topicFilter))
  const verdicts = core.edges.authorizeSubscribe(connection.ticket, connection.info, filters)
  if (verdicts === undefined) {
    connection.held = true
    core.waiting.set(connection.ticket, connection)
  } else finishSubscribe(core, connection, verdicts)
  return undefined
}

/** What a filter takes the time of, in deliveries. */
const EFFORT_OF_SUBSCRIBING = 8

/** The rights are known (undefined: everybody has them): stores the Subscriptions and answers with a SUBACK. */
export const finishSubscribe = (core: Core, connection: Connection, verdicts: readonly boolean[] | undefined): void => {
  const packet = connection.subscribe
  const session = connection.session
  connection.subscribe = undefined
  connection.held = false
  if (packet === undefined || session === undefined) return
  core.effort += packet.subscriptions.length * EFFORT_OF_SUBSCRIBING
  const identifier = packet.properties?.subscriptionIdentifier ?? 0
  const owed: Subscription[] = []
  let first: Refusal | undefined
  const refuse = (refusal: Refusal): number => {
    first ??= refusal
    return refusedFor(core, connection, refusal.reasonCode)
  }
  const reasonCodes = packet.subscriptions.map((request, place) => {
    if (place >= core.limits.maximumFiltersPerSubscribe) {
      core.counters.limitsMet.maximumFiltersPerSubscribe++
      return refuse(TOO_MANY_FILTERS)
    }
    const filter = allowedFilter(core, connection, request, verdicts?.[place] ?? verdicts === undefined)
    if ('reasonCode' in filter) return refuse(filter)
    if (session.stored !== undefined && !core.records.writable) return refuse(STORE_FULL)
    const isNew = session.subscriptions?.has(filter.topicFilter) !== true
    if (isNew && (session.subscriptions?.size ?? 0) >= core.limits.maximumSubscriptionsPerSession) {
      core.counters.limitsMet.maximumSubscriptionsPerSession++
      return refuse(TOO_MANY_SUBSCRIPTIONS)
    }
    const subscription = storeSubscription(core, session, filter, request, identifier)
    if (wantsRetained(request, isNew, subscription)) owed.push(subscription)
    return subscription.qos
  })
  // One Reason String serves the whole packet: that of the first filter that was refused.
  const properties = problemInformation(connection, first?.reasonString, first?.userProperties)
  answerWith(core, connection, {
    type: 'suback',
    packetId: packet.packetId,
    reasonCodes,
    ...(properties && { properties }),
  })
  for (const subscription of owed) beginReplay(core, subscription)
  pumpGroups(core, session)
  wakeReplays(core, session)
}

/** UNSUBSCRIBE (§3.10): each filter has its code in order; what is not there is not an error. */
export const unsubscribe = (core: Core, connection: Connection, packet: UnsubscribePacket): Violation | undefined => {
  for (const topicFilter of packet.topicFilters) {
    const parsed = parseFilter(core, topicFilter)
    if ('reasonCode' in parsed) return parsed
  }
  const session = connection.session!
  const reasonCodes = packet.topicFilters.map((topicFilter) => {
    const subscription = session.subscriptions?.get(topicFilter)
    if (subscription === undefined) return ReasonCode.NoSubscriptionExisted
    endSubscription(core, subscription)
    return ReasonCode.Success
  })
  answerWith(core, connection, { type: 'unsuback', packetId: packet.packetId, reasonCodes })
  return undefined
}

const answerWith = (core: Core, connection: Connection, packet: SubackPacket | UnsubackPacket): void => {
  // [MQTT-3.1.2-24] An answer cannot be left out.
  if (!connection.output.packet(packet, connection.session!.staged))
    closeConnection(core, connection, VIOLATIONS.packetTooLarge)
}

/** [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]; a Shared Subscription is sent none (§4.8.2). */
const wantsRetained = (request: SubscriptionRequest, isNew: boolean, subscription: Subscription): boolean =>
  subscription.group === undefined && (request.retainHandling === 0 || (request.retainHandling === 1 && isNew))

/** The filter after interceptors, or why it is refused. Rights are asked of what remains after rewrites. */
const allowedFilter = (
  core: Core,
  connection: Connection,
  request: SubscriptionRequest,
  verdict: boolean,
): ParsedFilter | Refusal => {
  if (!verdict) return NO_RIGHT
  let { topicFilter } = request
  for (const interceptor of core.interceptors) {
    const answer = ask(core, interceptor, () => interceptor.subscribe?.(connection.info, topicFilter))
    if (answer === undefined) continue
    if (typeof answer !== 'string') return answer
    topicFilter = answer
  }
  const parsed = parseFilter(core, topicFilter)
  if ('reasonCode' in parsed) return { reasonCode: parsed.reasonCode, reasonString: parsed.reason }
  const missing = unavailable(core, parsed)
  if (missing !== undefined) return { reasonCode: missing.reasonCode, reasonString: missing.reason }
  return maySubscribe(core, connection, parsed.matchedFilter) ? parsed : NO_RIGHT
}

const no = (reasonCode: number, reasonString: string): Refusal => Object.freeze({ reasonCode, reasonString })

const NO_RIGHT = no(ReasonCode.NotAuthorized, 'no right to subscribe to this')
const STORE_FULL = no(ReasonCode.QuotaExceeded, 'the store takes nothing more')
const TOO_MANY_FILTERS = no(ReasonCode.QuotaExceeded, 'more filters than one SUBSCRIBE may have')
const TOO_MANY_SUBSCRIPTIONS = no(ReasonCode.QuotaExceeded, 'as many subscriptions as a Session may have')

/** What the settings took away. A 5.0 Client has been told and is closed; older ones are refused the filter. */
const unavailable = (core: Core, filter: ParsedFilter): Violation | undefined => {
  const { sharedSubscriptionAvailable, wildcardSubscriptionAvailable } = core.settings
  if (!sharedSubscriptionAvailable && filter.shareName !== undefined) return VIOLATIONS.sharedUnavailable
  return !wildcardSubscriptionAvailable && /[+#]/.test(filter.matchedFilter)
    ? VIOLATIONS.wildcardUnavailable
    : undefined
}

const maySubscribe = (core: Core, connection: Connection, matchedFilter: string): boolean => {
  const { grant } = connection
  if (isRefusal(grant)) return false
  try {
    return grant.canSubscribe === undefined || grant.canSubscribe(matchedFilter) === true
  } catch (error) {
    core.logger.error({ error }, 'a check of the right to subscribe threw: refused')
    return false
  }
}

/** 3.1.1 knows one code for a refusal; 3.1 none, so that its Client is told the lowest QoS and gets nothing. */
const refusedFor = (core: Core, connection: Connection, reasonCode: number): number => {
  core.counters.subscriptionsRefused++
  if (connection.version === 5) return legalReasonCode(core.logger, PacketType.suback, reasonCode)
  return connection.version === 4 ? ReasonCode.UnspecifiedError : ReasonCode.GrantedQos0
}
