export type Transport = 'tcp' | 'tls' | 'ws'

/** Traffic as our generator understands it; the one in C knows neither other transports nor properties. */
export interface Load {
  readonly mode: 'p2p' | 'fanin' | 'fanout'
  /** Pairs, publishers of one topic, or subscribers of one topic. */
  readonly count: number
  readonly version: 4 | 5
  readonly qos: 0 | 1 | 2
  /** Messages of a publisher that have not come everywhere yet. */
  readonly window: number
  readonly payloadBytes: number
  readonly transport: Transport
  /** Topic Aliases both ways and three User Properties on each message; 5.0 only. */
  readonly properties: boolean
  /** The subscribers' Sessions outlive their connections: what they are sent is to be on disk, where there is one. */
  readonly persistent: boolean
  /** So many Subscriptions, and hot topics among them: `topics/hot-topics.ts`. Default: only those that get messages. */
  readonly subscriptions?: number
}

/** What can be measured apart from the rest. */
export const GROUPS = ['traffic', 'windows', 'sizes', 'transports', 'scale', 'subs', 'growth', 'durable'] as const

export type Peer = 'mosquitto' | 'aedes'

export interface Scenario {
  readonly name: string
  readonly group: (typeof GROUPS)[number]
  /** Undefined: only the generator in C knows it. */
  readonly load: Load | undefined
  /** For the generator in C. Undefined: only ours knows it. */
  readonly arguments: string | undefined
  /** What is compared: CPU time for a message, memory for a connection, or messages a second. Default: CPU time. */
  readonly figure?: 'cpu' | 'memory' | 'rate'
  /** How many times less of it than the peer, or more messages a second, there is to be. 0: only reported. */
  readonly targets: Readonly<Record<Peer, number>>
  /** Who takes no part, and why. */
  readonly leftOut?: Readonly<Partial<Record<Peer, string>>>
  /** Who breaks a rule here and is compared all the same, and which. */
  readonly excused?: Readonly<Partial<Record<Peer, string>>>
  /** Where nothing is aimed at, fewer tell enough, and a whole run takes less than an hour. */
  readonly mostRounds?: number
  /** Mosquitto's p50 and p99 are not to be exceeded, and twice its p99.9 neither. */
  readonly isAboutLatency?: boolean
  /** How many times mosquitto's messages a second there are to be at least. */
  readonly leastRate?: number
  /** Another scenario that our broker's CPU time is compared with, and how many times that it may be; 0: only reported. */
  readonly besides?: { readonly scenario: string; readonly mostTimes: number }
}

const CLEAN = '--clean 0.10 --maxtime 2.5'
const TIMED = `--warm 1.0 --time 0.9 --coalesce 50 ${CLEAN}`

const PLAIN = {
  version: 4,
  qos: 0,
  window: 1,
  payloadBytes: 64,
  transport: 'tcp',
  properties: false,
  persistent: false,
} as const

const ONLY_3_1_1 = { aedes: 'it does not speak 5.0' }

type Targets = readonly [mosquitto: number, aedes: number]
const UNAIMED: Targets = [0, 0]
const FEW_ROUNDS = { mostRounds: 3 }

/** Makes the scenarios of one group. Both generators know them; where they differ, the one in C gets other timing. */
const traffic =
  (group: Scenario['group']) =>
  (
    name: string,
    mode: Load['mode'],
    count: number,
    [mosquitto, aedes]: Targets = UNAIMED,
    over: Partial<Load> = {},
    timing = TIMED,
  ): Scenario => {
    const load: Load = { ...PLAIN, mode, count, ...over }
    const { version, qos, window, payloadBytes, persistent } = load
    return {
      name,
      group,
      load,
      arguments: `--mode ${mode} --n ${count} --ver ${version} --qos ${qos} --window ${window} --size ${payloadBytes} ${persistent ? '--persistent 1 ' : ''}${timing}`,
      targets: { mosquitto, aedes },
      ...(version === 5 && { leftOut: ONLY_3_1_1 }),
      ...((group === 'windows' || group === 'sizes') && FEW_ROUNDS),
    }
  }

const only = (
  group: Scenario['group'],
  name: string,
  args: string,
  [mosquitto, aedes]: Targets = UNAIMED,
  over: Partial<Scenario> = {},
): Scenario => ({ name, group, load: undefined, arguments: args, targets: { mosquitto, aedes }, ...over })

/** With our generator whatever else is there, and what our broker takes beside another scenario. */
const ours = (
  group: Scenario['group'],
  name: string,
  over: Partial<Load>,
  besides?: Scenario['besides'],
  leftOut?: Scenario['leftOut'],
): Scenario => ({
  name,
  group,
  load: { ...PLAIN, mode: 'p2p', count: 10, window: 100, ...over },
  arguments: undefined,
  targets: { mosquitto: 0, aedes: 0 },
  ...(besides !== undefined && { besides }),
  ...(leftOut !== undefined && { leftOut }),
})

const basic = traffic('traffic')
const windowed = traffic('windows')
const sized = traffic('sizes')
const BESIDE_TCP = { scenario: 'ours_tcp', mostTimes: 0 }
const ITSELF = 'our broker is compared with itself'
const ALONE = { mosquitto: ITSELF, aedes: ITSELF }

export const SCENARIOS: readonly Scenario[] = [
  basic('p2p_q0', 'p2p', 10, [13, 15], { window: 100 }),
  basic('p2p_q1', 'p2p', 10, [16, 14], { window: 100, qos: 1 }),
  basic('p2p_q2', 'p2p', 10, [20, 21], { window: 100, qos: 2 }),
  basic('p2p_q0_w1', 'p2p', 20, [1.1, 1.8]),
  basic('p2p_q1_w1', 'p2p', 20, [1.1, 1.8], { qos: 1 }),
  basic('p2p100_q0', 'p2p', 100, [6, 8], { window: 10 }),
  basic('p2p_16k_q0', 'p2p', 10, [2.4, 3.3], { window: 20, payloadBytes: 16_384 }),
  basic('fanin_q0', 'fanin', 50, [11, 16], { window: 20 }),
  basic('fanin_q1', 'fanin', 50, [10, 12], { window: 20, qos: 1 }),
  basic('fanout_q0', 'fanout', 100, [18, 28], { window: 50 }),
  basic('fanout_q0_w1', 'fanout', 100, [1.1, 1.8]),
  basic('fanout_q1', 'fanout', 100, [12, 15], { window: 50, qos: 1 }),
  only('traffic', 'connect', `--mode connect --n 50 ${TIMED}`, [0.4, 2.2]),
  // The generator looks at its sockets at once, or it would measure how long it sleeps.
  basic('pingpong', 'p2p', 1, [1.1, 1.8], {}, `--coalesce 1 --warm 1.0 --time 0.9 --drain 3 ${CLEAN}`),
  windowed('p2p_q2_w1', 'p2p', 20, UNAIMED, { qos: 2 }),
  windowed('p2p_q0_w10', 'p2p', 10, UNAIMED, { window: 10 }),
  windowed('p2p_q1_w10', 'p2p', 10, UNAIMED, { window: 10, qos: 1 }),
  windowed('p2p_q2_w10', 'p2p', 10, UNAIMED, { window: 10, qos: 2 }),
  windowed('fanin100_q0', 'fanin', 100, UNAIMED, { window: 10 }),
  windowed('fanin100_q0_w1', 'fanin', 100),
  windowed('fanout1000_q0', 'fanout', 1000, UNAIMED, { window: 5 }),
  windowed('fanout1000_q1', 'fanout', 1000, UNAIMED, { window: 5, qos: 1 }),
  sized('p2p_1k_q0', 'p2p', 10, UNAIMED, { window: 100, payloadBytes: 1024 }),
  sized('p2p_64k_q0', 'p2p', 10, UNAIMED, { window: 10, payloadBytes: 65_536 }),
  sized('p2p_q0_5.0', 'p2p', 10, UNAIMED, { window: 100, version: 5 }),
  ours('transports', 'ours_tcp', {}),
  ours('transports', 'ours_tls', { transport: 'tls' }, BESIDE_TCP),
  ours('transports', 'ours_ws', { transport: 'ws' }, BESIDE_TCP),
  ours(
    'transports',
    'ours_5.0',
    { version: 5, properties: true },
    { scenario: 'ours_tcp', mostTimes: 1.5 },
    ONLY_3_1_1,
  ),
  ...(
    [
      ['latency5k_q0', 5000, 0],
      ['latency20k_q0', 20_000, 0],
      ['latency5k_q1', 5000, 1],
    ] as const
  ).map(([name, rate, qos]) =>
    only(
      'scale',
      name,
      `--mode p2p --n 10 --qos ${qos} --rate ${rate} --warm 1.0 --time 1.5 --drain 5 ${CLEAN}`,
      UNAIMED,
      { isAboutLatency: true },
    ),
  ),
  only('scale', 'idle10k', '--mode idle --n 9500 --idlesub 1 --time 2 --setlimit 60', [0, 2.2], { figure: 'memory' }),
  only(
    'scale',
    'offline100k',
    '--mode offline --count 100000 --qos 1 --window 1000 --coalesce 50 --setlimit 60',
    UNAIMED,
    FEW_ROUNDS,
  ),
  only(
    'scale',
    'retained100k',
    '--mode retained --count 100000 --qos 1 --subqos 0 --window 1000 --coalesce 50 --setlimit 60',
    [1, 4],
    {
      figure: 'rate',
      excused: {
        aedes: 'to a Subscription of QoS 0 it sends retained messages with the QoS 1 that they were published with',
      },
    },
  ),
  ...([3, 4, 5, 6] as const).map((exponent) =>
    only(
      'subs',
      `subs_1e${exponent}`,
      `--mode subs --n 100 --npub 10 --qos 0 --window 100 --subs ${10 ** exponent} --batch 100 --setlimit 120 ${TIMED}`,
      exponent === 5 ? [4, 5] : UNAIMED,
      exponent === 5 ? {} : FEW_ROUNDS,
    ),
  ),
  ours('growth', 'hot_1e3', { subscriptions: 1000 }, undefined, ALONE),
  ours('growth', 'hot_1e5', { subscriptions: 100_000 }, { scenario: 'hot_1e3', mostTimes: 0 }, ALONE),
  ours('growth', 'hot_1e6', { subscriptions: 1_000_000 }, { scenario: 'hot_1e3', mostTimes: 2 }, ALONE),
  // Every acknowledgement after its fsync here; there without any persistence.
  {
    ...traffic('durable')('durable_q1', 'p2p', 10, [1.43, 0], { window: 100, qos: 1, persistent: true }),
    leastRate: 1.3,
  },
]

/**
 * The scenarios of those names and groups, and those that they are compared with: two are only compared within one run.
 */
export const chosen = (scenarios: readonly Scenario[], names: readonly string[]): readonly Scenario[] => {
  const named = scenarios.filter(({ name, group }) => names.includes(name) || names.includes(group))
  const compared = new Set(named.map(({ besides }) => besides?.scenario))
  return scenarios.filter((scenario) => named.includes(scenario) || compared.has(scenario.name))
}
