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
}

export interface Scenario {
  readonly name: string
  /** Undefined: only the generator in C knows it. */
  readonly load: Load | undefined
  /** For the generator in C. Undefined: only ours knows it. */
  readonly arguments: string | undefined
  /** What is compared: CPU time for a message, memory for a connection, or messages a second. Default: CPU time. */
  readonly figure?: 'cpu' | 'memory' | 'rate'
  /** How many times less of it than the peer, or more messages a second, there is to be. 0: only reported. */
  readonly targets: Readonly<Record<'mosquitto' | 'aedes', number>>
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

const traffic = (
  name: string,
  mode: Load['mode'],
  count: number,
  [mosquitto, aedes]: readonly [number, number],
  over: Partial<Load> = {},
): Scenario => {
  const load: Load = { ...PLAIN, mode, count, ...over }
  const { version, qos, window, payloadBytes, persistent } = load
  return {
    name,
    load,
    arguments: `--mode ${mode} --n ${count} --ver ${version} --qos ${qos} --window ${window} --size ${payloadBytes} ${persistent ? '--persistent 1 ' : ''}${TIMED}`,
    targets: { mosquitto, aedes },
  }
}

const only = (
  name: string,
  args: string,
  [mosquitto, aedes]: readonly [number, number],
  figure: 'cpu' | 'memory' | 'rate' = 'cpu',
): Scenario => ({ name, load: undefined, arguments: args, targets: { mosquitto, aedes }, figure })

/** Ten pairs, with our generator whatever else is there, and what it takes beside the plainest of them. */
const ours = (name: string, over: Partial<Load>, mostTimes?: number): Scenario => ({
  name,
  load: { ...PLAIN, mode: 'p2p', count: 10, window: 100, ...over },
  arguments: undefined,
  targets: { mosquitto: 0, aedes: 0 },
  ...(mostTimes !== undefined && { besides: { scenario: 'ours_tcp', mostTimes } }),
})

export const SCENARIOS: readonly Scenario[] = [
  traffic('p2p_q0', 'p2p', 10, [13, 15], { window: 100 }),
  traffic('p2p_q1', 'p2p', 10, [16, 14], { window: 100, qos: 1 }),
  traffic('p2p_q2', 'p2p', 10, [20, 21], { window: 100, qos: 2 }),
  traffic('p2p_q0_w10', 'p2p', 10, [0, 0], { window: 10 }),
  traffic('p2p_q1_w10', 'p2p', 10, [0, 0], { window: 10, qos: 1 }),
  traffic('p2p_q0_w1', 'p2p', 20, [1.1, 1.8]),
  traffic('p2p_q1_w1', 'p2p', 20, [1.1, 1.8], { qos: 1 }),
  // Every acknowledgement after its fsync here; there without any persistence.
  { ...traffic('durable_q1', 'p2p', 10, [1.43, 0], { window: 100, qos: 1, persistent: true }), leastRate: 1.3 },
  traffic('p2p_q0_5.0', 'p2p', 10, [0, 0], { window: 100, version: 5 }),
  ours('ours_tcp', {}),
  ours('ours_tls', { transport: 'tls' }, 0),
  ours('ours_ws', { transport: 'ws' }, 0),
  ours('ours_5.0', { version: 5, properties: true }, 1.5),
  traffic('p2p100_q0', 'p2p', 100, [6, 8], { window: 10 }),
  traffic('p2p_1k_q0', 'p2p', 10, [0, 0], { window: 100, payloadBytes: 1024 }),
  traffic('p2p_16k_q0', 'p2p', 10, [2.4, 3.3], { window: 20, payloadBytes: 16_384 }),
  traffic('p2p_64k_q0', 'p2p', 10, [0, 0], { window: 10, payloadBytes: 65_000 }),
  traffic('fanin_q0', 'fanin', 50, [11, 16], { window: 20 }),
  traffic('fanin_q1', 'fanin', 50, [10, 12], { window: 20, qos: 1 }),
  traffic('fanout_q0', 'fanout', 100, [18, 28], { window: 50 }),
  traffic('fanout_q0_w1', 'fanout', 100, [1.1, 1.8]),
  traffic('fanout_q1', 'fanout', 100, [12, 15], { window: 50, qos: 1 }),
  traffic('fanout1000_q0', 'fanout', 1000, [0, 0], { window: 5 }),
  traffic('fanin100_q0_w1', 'fanin', 100, [0, 0]),
  traffic('pingpong', 'p2p', 1, [1.1, 1.8]),
  only('connect', `--mode connect --n 50 ${TIMED}`, [0.4, 2.2]),
  ...([3, 4, 5, 6] as const).map((exponent) =>
    only(
      `subs_1e${exponent}`,
      `--mode subs --n 100 --npub 10 --qos 0 --window 100 --subs ${10 ** exponent} --batch 100 --setlimit 120 ${TIMED}`,
      exponent === 5 ? [4, 5] : [0, 0],
    ),
  ),
  only('offline100k', '--mode offline --count 100000 --qos 1 --window 1000 --coalesce 50 --setlimit 60', [0, 0]),
  only(
    'retained100k',
    '--mode retained --count 100000 --qos 1 --subqos 0 --window 1000 --coalesce 50 --setlimit 60',
    [1, 4],
    'rate',
  ),
  only('idle10k', '--mode idle --n 9500 --idlesub 1 --time 2 --setlimit 60', [0, 2.2], 'memory'),
  ...(
    [
      ['latency5k_q0', 5000, 0],
      ['latency20k_q0', 20_000, 0],
      ['latency5k_q1', 5000, 1],
    ] as const
  ).map(([name, rate, qos]) =>
    only(name, `--mode p2p --n 10 --qos ${qos} --rate ${rate} --warm 1.0 --time 1.5 --drain 5 ${CLEAN}`, [0, 0]),
  ),
]
