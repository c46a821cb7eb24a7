import type { QoS } from '@godwit/mqtt-codec'
import { ATTACKS } from './clients/hostile-client.ts'
import { SERVER_ATTACKS } from './clients/hostile-server.ts'
import {
  type ClientPlan,
  type Fault,
  type Feature,
  FEATURES,
  type Operation,
  type Plan,
  type RarePaths,
} from './plan.ts'
import { Random } from './world/random.ts'

const TOPICS = ['t/a', 't/b', 't/b/c', 'u/a', 'u']
const FILTERS = ['t/a', 't/b', 't/+', 't/#', 'u/#', '+/a', 't/b/+', 'u/a']
const SHARED_TOPICS = ['g/1', 'g/2']
const RESERVED = ['$x/a']

const QUIET_HOSTILE = 0.15
/** So many of the plans with clients of the library have hardly any others: else too little happens to each to show what they get wrong. */
const LIBRARY_CROWD = 0.4

export interface DrawOptions {
  /** How many operations, about. Default: 150 to 1,500. */
  readonly operations?: number
}

/** Everything that a seed decides. */
export const drawPlan = (seed: string, options: DrawOptions = {}): Plan => {
  const random = new Random(`plan ${seed}`)
  const features = drawFeatures(random)
  const has = (feature: Feature): boolean => features.includes(feature)
  const durable = has('durable')
  const principals = has('rights') ? ['p0', 'p1', 'p2'] : ['p0']
  const clients = drawClients(random, has, principals)
  const durationMs = random.between(5, 90) * 1_000
  const count = options.operations ?? random.between(150, 1_500)
  const operations: Operation[] = [
    ...initialSubscriptions(random, has, clients),
    ...Array.from({ length: count }, (_, place) => drawOperation(random, has, clients, durationMs, place)),
  ].sort((one, other) => one.at - other.at)
  const faults = drawFaults(random, has, clients, durationMs, principals)
  // Only where nothing goes wrong can be seen what a hostile client does to others.
  const isQuiet = has('hostile') && random.chance(QUIET_HOSTILE)
  return {
    seed,
    features,
    limits: drawLimits(random, has),
    settings: drawSettings(random, has),
    durable,
    authenticationMs: random.chance(0.2) ? random.pick([1, 50]) : 0,
    clients,
    operations,
    faults: isQuiet ? [] : faults,
    durationMs,
    ...(has('rare-paths') && { rarePaths: drawRarePaths(random) }),
  }
}

const drawRarePaths = (random: Random): RarePaths => ({
  scanRecords: random.between(1, 3),
  readMs: random.pick([0, 1, 40]),
  turnMs: random.pick([0.05, 1, 10]),
  fullSocketMs: random.pick([0, 1, 30]),
  clientStoreMs: random.pick([0, 1, 30]),
})

/** Half of everything at the most: what always happens together hides what happens alone. */
const drawFeatures = (random: Random): Feature[] => {
  const density = random.pick([0.15, 0.35, 0.5, 0.7])
  const features = FEATURES.filter(() => random.chance(density))
  // Most of what can go wrong goes wrong with a store.
  if (!features.includes('durable') && random.chance(0.5)) features.push('durable')
  return features
}

const drawLimits = (random: Random, has: (feature: Feature) => boolean): Plan['limits'] => ({
  outputPauseBytes: random.pick([2_000, 256 * 1024]),
  outputDropBytes: 1024 * 1024,
  ...(has('tiny-limits') && {
    receiveMaximum: random.between(1, 5),
    maximumInflightMessages: random.between(1, 5),
    retainedReplayPerTurn: random.between(1, 3),
    maximumReplays: random.between(1, 3),
    deliveriesPerTurn: random.between(1, 5),
    topicAliasMaximum: random.between(0, 3),
    outgoingTopicAliasMaximum: random.between(0, 3),
    matcherEntries: random.between(1, 5),
    maximumUncommittedRecords: random.between(1, 50),
    ...(random.chance(0.3) && { readBytesPerTurn: random.between(1, 100) }),
    ...(random.chance(0.3) && { maximumUncommittedBytes: random.between(1, 2_000) }),
    ...(random.chance(0.3) && { matcherEntryBytes: random.between(1, 500) }),
    ...(random.chance(0.3) && { maximumQueuedMessages: random.between(1, 5) }),
    ...(random.chance(0.2) && { maximumRetainedTopics: random.between(1, 3) }),
  }),
})

const drawSettings = (random: Random, has: (feature: Feature) => boolean): Plan['settings'] => ({
  ...(has('overlap') && { overlappingSubscriptions: random.pick(['one-copy', 'one-per-subscription'] as const) }),
  sharedSubscriptionChoice: random.pick(['round-robin', 'least-in-flight', 'sticky'] as const),
  ...(random.chance(0.2) && { queueQos0: true }),
  ...(random.chance(0.1) && { queueOverflow: 'drop-oldest' as const }),
})

const drawClients = (
  random: Random,
  has: (feature: Feature) => boolean,
  principals: readonly string[],
): ClientPlan[] => {
  const isOfLibrary = has('library') && random.fork('crowd').chance(LIBRARY_CROWD)
  const count = isOfLibrary ? random.between(1, 2) : random.between(2, 8)
  const clients = Array.from({ length: count }, (_, place) => drawClient(random, has, `c${place}`, 'raw', principals))
  if (has('hostile')) clients.push(drawClient(random, has, 'h0', 'hostile', principals))
  if (has('library')) {
    const several = isOfLibrary ? random.between(2, 5) : random.between(1, 2)
    for (let place = 0; place < several; place++) {
      clients.push(drawClient(random, has, `l${place}`, 'library', principals))
    }
  }
  return clients
}

const drawClient = (
  random: Random,
  has: (feature: Feature) => boolean,
  name: string,
  kind: ClientPlan['kind'],
  principals: readonly string[],
): ClientPlan => {
  const version = kind === 'hostile' ? 5 : random.pick([4, 5, 5] as const)
  const lasts = random.chance(0.7)
  const slow = random.chance(0.2)
  return {
    name,
    kind,
    version,
    principal: random.pick(principals),
    sessionExpiryIntervalSeconds: lasts ? (version === 4 ? 1 : random.pick([5, 30, 3600, 0xffffffff])) : 0,
    receiveMaximum: has('tiny-limits') && random.chance(0.7) ? random.between(1, 5) : random.pick([20, 0xffff]),
    maximumPacketSizeBytes: has('small-packets') && random.chance(0.5) ? random.between(40, 120) : undefined,
    topicAliasMaximum: has('aliases') ? random.between(0, 5) : 0,
    keepAliveSeconds: random.pick([0, 0, 10, 60]),
    will:
      has('wills') && kind === 'raw' && random.chance(0.6)
        ? {
            topicName: random.pick(TOPICS),
            qos: random.between(0, 2) as QoS,
            retain: has('retained') && random.chance(0.3),
            willDelayIntervalSeconds: version === 5 ? random.pick([0, 0, 1, 10, 60]) : 0,
          }
        : undefined,
    acknowledgesAfterMs: slow ? random.between(1, 500) : random.pick([0, 1]),
    refusesOneIn: has('refusals') && random.chance(0.5) ? random.between(2, 10) : 0,
    reconnectsAfterMs: random.pick([10, 100, 2_000, 8_000]),
    conditions: {
      latencyMs: random.pick([0.05, 1, 20]),
      jitterMs: random.pick([0.1, 5, 50]),
      chunkBytes: random.pick([1, 7, 64, Infinity, Infinity]),
      capacityBytes: has('slow-readers') ? random.between(100, 5_000) : 64 * 1024,
    },
  }
}

const initialSubscriptions = (
  random: Random,
  has: (feature: Feature) => boolean,
  clients: readonly ClientPlan[],
): Operation[] =>
  clients.flatMap((client) => {
    if (client.kind === 'hostile') return []
    const some: Operation[] = []
    if (random.chance(0.8)) some.push(drawSubscribe(random, has, client.name, random.between(1, 200)))
    if (has('shared') && random.chance(0.6)) {
      some.push({
        ...drawSubscribe(random, has, client.name, random.between(1, 300)),
        topicFilter: `$share/s/${random.pick(['g/#', 'g/1'])}`,
        noLocal: false,
      } as Operation)
    }
    return some
  })

const drawOperation = (
  random: Random,
  has: (feature: Feature) => boolean,
  clients: readonly ClientPlan[],
  durationMs: number,
  place: number,
): Operation => {
  const { name: client, kind } = random.pick(clients)
  const at = random.between(100, durationMs)
  if (kind === 'hostile') {
    return { at, client, type: 'attack', kind: random.pick(Object.keys(ATTACKS)), choice: random.word() }
  }
  const choice = random.fraction()
  if (choice < 0.08) return drawSubscribe(random, has, client, at)
  if (choice < 0.11) return { at, client, type: 'unsubscribe', topicFilter: random.pick(FILTERS) }
  if (choice < 0.14) return { at, client, type: 'ping' }
  if (choice < 0.16 && kind === 'raw') {
    return {
      at,
      client,
      type: 'disconnect',
      reasonCode: random.pick([0, 0, 4]),
      sessionExpiryIntervalSeconds: random.pick([undefined, undefined, 0, 5, 3600]),
      awayMs: random.pick([50, 1_000, 7_000]),
    }
  }
  if (choice < 0.18 && has('takeovers') && kind === 'raw') {
    return { at, client, type: 'take-over', cleanStart: random.chance(0.2) }
  }
  if (choice < 0.17 && kind === 'library') return { at, client, type: 'restart-client' }
  const shared = has('shared') && random.chance(0.4)
  const reserved = has('reserved-topics') && random.chance(0.2)
  return {
    at,
    client,
    type: 'publish',
    message: `m${place}`,
    topicName: random.pick(shared ? SHARED_TOPICS : reserved ? RESERVED : TOPICS),
    qos: random.between(0, 2) as QoS,
    retain: has('retained') && random.chance(0.3),
    empty: has('retained') && !shared && random.chance(0.05),
    fillerBytes: random.chance(0.02) ? random.between(4_000, 9_000) : random.pick([0, 1, 20, 60, 300]),
    messageExpiryIntervalSeconds: has('expiry') && random.chance(0.4) ? random.pick([1, 2, 5, 100]) : undefined,
    userProperty: random.chance(0.1),
    aliased: has('aliases') && random.chance(0.5),
  }
}

const drawSubscribe = (random: Random, has: (feature: Feature) => boolean, client: string, at: number): Operation => ({
  at,
  client,
  type: 'subscribe',
  topicFilter: random.pick([
    ...FILTERS,
    ...(has('shared') ? [] : ['#', '+/+']),
    ...(has('reserved-topics') ? ['$x/#'] : []),
  ]),
  qos: random.between(0, 2) as QoS,
  noLocal: random.chance(0.15),
  retainAsPublished: random.chance(0.3),
  retainHandling: random.between(0, 2) as 0 | 1 | 2,
  subscriptionIdentifier: random.chance(0.3) ? random.between(1, 200) : undefined,
})

const drawFaults = (
  random: Random,
  has: (feature: Feature) => boolean,
  clients: readonly ClientPlan[],
  durationMs: number,
  principals: readonly string[],
): Fault[] => {
  const at = (): number => random.between(200, durationMs)
  const client = (): string => random.pick(clients).name
  const faults: Fault[] = []
  const some = (count: number, make: () => Fault): void => {
    for (let each = 0; each < count; each++) faults.push(make())
  }
  if (has('network-faults')) {
    some(random.between(20, 700), () => ({
      type: 'cut',
      at: at(),
      client: client(),
      afterBytes: random.pick([0, 1, 5, 30]),
    }))
    some(random.between(0, 10), () => ({ type: 'vanish', at: at(), client: client() }))
  }
  if (has('slow-readers')) {
    some(random.between(1, 10), () => ({
      type: 'slow-reader',
      at: at(),
      client: client(),
      forMs: random.pick([200, 5_000]),
    }))
  }
  if (has('crashes')) {
    some(random.between(1, 13), () => ({
      type: 'crash',
      at: at(),
      how: has('durable') ? random.pick(['killed', 'power-lost'] as const) : 'killed',
      downMs: random.pick([10, 500, 4_000]),
      wallJumpMs: has('clock-faults') ? random.pick([0, 60_000, -86_400_000, 31_536_000_000]) : 0,
    }))
    some(random.between(0, 2), () => ({ type: 'restart', at: at(), downMs: random.pick([10, 1_000]) }))
  }
  if (has('disk-faults') && has('durable')) {
    some(random.between(0, 2), () => ({ type: 'sync-failure', at: at(), downMs: random.pick([500, 3_000]) }))
    some(random.between(0, 3), () => ({
      type: 'disk-full',
      at: at(),
      hard: random.chance(0.5),
      forMs: random.pick([100, 3_000]),
    }))
    some(random.between(0, 3), () => ({
      type: 'slow-disk',
      at: at(),
      latencyMs: random.pick([100, 2_000, 10_000]),
      forMs: 3_000,
    }))
    some(random.between(0, 1), () => ({ type: 'bit-flip', at: at(), place: random.word(), downMs: 300 }))
  }
  if (has('clock-faults')) {
    some(random.between(0, 2), () => ({
      type: 'wall-jump',
      at: at(),
      byMs: random.pick([-31_536_000_000, 31_536_000_000, 3_600_000]),
    }))
    some(random.between(0, 2), () => ({
      type: 'late-timers',
      at: at(),
      lateMs: random.pick([100, 60_000]),
      forMs: 2_000,
    }))
    some(random.between(0, 2), () => ({ type: 'pause', at: at(), forMs: random.pick([50, 1_500]) }))
  }
  if (has('rights')) {
    const denial = () => ({ principal: random.pick(principals), topicStart: random.pick(['t', 'u', 't/a']) })
    some(random.between(1, 6), () => ({
      type: 'policy',
      at: at(),
      deniedWrites: random.chance(0.5) ? [denial()] : [],
      deniedReads: random.chance(0.5) ? [denial()] : [],
    }))
  }
  if (has('library') && has('hostile')) {
    const library = clients.filter(({ kind }) => kind === 'library')
    some(random.between(0, 4), () => ({
      type: 'hostile-server',
      at: at(),
      client: random.pick(library).name,
      kind: random.pick(Object.keys(SERVER_ATTACKS)),
    }))
  }
  return faults.sort((one, other) => one.at - other.at)
}
