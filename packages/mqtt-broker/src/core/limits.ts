import { KiB, limit, type LimitDescription, MiB } from './limit-description.ts'

/** Everything that a peer can make grow. `Infinity` is how "unlimited" is spelled. */
export const LIMITS = {
  maximumPacketSizeBytes: limit(
    2_000_000,
    'bytes',
    'one packet is held whole in memory',
    'the connection is closed (0x95), on the header',
    'packetsTooLarge',
  ),
  maximumConnectPacketSizeBytes: limit(
    64 * KiB,
    'bytes',
    'nobody has proven who they are yet',
    'the connection is closed before the body',
    'packetsTooLarge',
  ),
  maximumUnauthenticatedBytes: limit(
    32 * MiB,
    'bytes',
    'all connections together, before they are accepted',
    'the connection is closed',
    'connectionsRefused',
  ),
  connectTimeoutMs: limit(
    10_000,
    'milliseconds',
    'a socket that says nothing is held open',
    'the connection is closed',
    'connectTimeouts',
  ),
  authenticationTimeoutMs: limit(
    10_000,
    'milliseconds',
    'an authenticator may hang, and so may a Client in an exchange of AUTH packets',
    'refused (0x88; 0x87 where it is the Client)',
    'authenticationTimeouts',
  ),
  maximumAuthenticationRounds: limit(
    8,
    'count',
    'AUTH packets that we send in one exchange',
    'refused, or in re-authentication closed (0x82)',
    'none',
  ),
  packetAssemblyTimeoutMs: limit(
    30_000,
    'milliseconds',
    'a packet may be dripped',
    'the connection is closed (0x98) when it came slower than 1 KiB/s',
    'assemblyTimeouts',
  ),
  maximumConnections: limit(
    Infinity,
    'count',
    'each holds a descriptor and some kilobytes; a broker that listens takes what the process may open, less a reserve',
    'refused at accept',
    'connectionsRefused',
  ),
  acceptsPerSecond: limit(
    Infinity,
    'count',
    'connections that come, all together; the strict preset has 500',
    'refused at accept',
    'connectionsRefused',
  ),
  acceptBurst: limit(
    1_000,
    'count',
    'that many may come at once after a rest',
    'refused at accept',
    'connectionsRefused',
  ),
  acceptsPerSecondPerAddress: limit(
    Infinity,
    'count',
    'connections that come from one address; the strict preset has 20',
    'refused at accept',
    'connectionsRefused',
  ),
  acceptBurstPerAddress: limit(
    100,
    'count',
    'that many may come at once from one address after a rest',
    'refused at accept',
    'connectionsRefused',
  ),
  tlsHandshakeTimeoutMs: limit(
    10_000,
    'milliseconds',
    'a TLS handshake may be dripped',
    'the connection is cut',
    'none',
  ),
  maximumUnauthenticatedConnections: limit(
    10_000,
    'count',
    'a flood of silent sockets',
    'refused at accept',
    'connectionsRefused',
  ),
  maximumUnauthenticatedConnectionsPerAddress: limit(
    1_000,
    'count',
    'a flood from one address',
    'refused at accept',
    'connectionsRefused',
  ),
  maximumClientIdBytes: limit(256, 'bytes', 'it is a key of every table', 'refused (0x85)', 'connectsRefused'),
  maximumTopicBytes: limit(
    4_096,
    'bytes',
    'it is a key of every table',
    'Topic Name invalid (0x90) or Topic Filter invalid (0x8F)',
    'protocolErrors',
  ),
  maximumTopicLevels: limit(
    201,
    'count',
    'each level is a step of the matcher',
    'Topic Name invalid (0x90) or Topic Filter invalid (0x8F)',
    'protocolErrors',
  ),
  maximumUserProperties: limit(64, 'count', 'pairs in one packet', 'refused (0x97)', 'protocolErrors'),
  maximumUserPropertyBytes: limit(8 * KiB, 'bytes', 'pairs in one packet', 'refused (0x97)', 'protocolErrors'),
  maximumFiltersPerSubscribe: limit(
    1_024,
    'count',
    'work in one packet',
    'the rest is refused in the SUBACK (0x97)',
    'subscriptionsRefused',
  ),
  maximumSubscriptionsPerSession: limit(
    10_000,
    'count',
    'memory of the matcher',
    'refused in the SUBACK (0x97)',
    'subscriptionsRefused',
  ),
  receiveMaximum: limit(
    64,
    'count',
    'QoS 1 and 2 messages of a Client that we have not acknowledged',
    'the connection is closed (0x93)',
    'receiveMaximumExceeded',
  ),
  topicAliasMaximum: limit(
    16,
    'count',
    'aliases that a Client may set',
    'the connection is closed (0x94)',
    'protocolErrors',
  ),
  outgoingTopicAliasMaximum: limit(
    16,
    'count',
    'aliases that we set, where a Client allows more',
    'the least recently used one is set anew',
    'none',
  ),
  maximumInflightMessages: limit(
    256,
    'count',
    'unacknowledged messages to a Client without a Receive Maximum',
    'further ones are queued',
    'none',
  ),
  maximumQueuedMessages: limit(
    1_000,
    'count',
    'messages that wait for one Session',
    'the newest is dropped',
    'messagesDropped.queue-full',
  ),
  maximumQueuedBytes: limit(
    8 * MiB,
    'bytes',
    'messages that wait for one Session',
    'the newest is dropped',
    'messagesDropped.queue-full',
  ),
  maximumUncommittedBytes: limit(
    16 * MiB,
    'bytes',
    'what waits for the commit before it',
    'publishers are not read',
    'none',
  ),
  maximumUncommittedRecords: limit(
    10_000,
    'count',
    'what waits for the commit before it',
    'publishers are not read',
    'none',
  ),
  outputPauseBytes: limit(
    256 * KiB,
    'bytes',
    'a Client that does not read its answers',
    'we stop reading from it',
    'none',
  ),
  outputDropBytes: limit(
    1 * MiB,
    'bytes',
    'a Client that reads too slowly',
    'QoS 0 messages to it are dropped',
    'messagesDropped.slow-client',
  ),
  outputStallTimeoutMs: limit(
    30_000,
    'milliseconds',
    'a Client that reads nothing at all',
    'the connection is closed',
    'stalledConnections',
  ),
  closeTimeoutMs: limit(
    5_000,
    'milliseconds',
    'the last bytes to a Client that does not read',
    'the connection is cut',
    'none',
  ),
  maximumSessionExpirySeconds: limit(
    Infinity,
    'seconds',
    'state of Clients that never come back',
    'clamped, and told in CONNACK',
    'none',
  ),
  maximumSessions: limit(
    100_000,
    'count',
    'state of Clients that never come back',
    'a new one is refused (0x97)',
    'connectsRefused',
  ),
  maximumRetainedTopics: limit(
    100_000,
    'count',
    'a retained message stays for ever',
    'QoS > 0 in 5.0 refused (0x97), else delivered and not retained',
    'messagesDropped.retained-limit',
  ),
  maximumRetainedBytes: limit(
    256 * MiB,
    'bytes',
    'all retained messages',
    'as above',
    'messagesDropped.retained-limit',
  ),
  maximumRetainedMessageBytes: limit(
    1 * MiB,
    'bytes',
    'one retained message',
    'as above',
    'messagesDropped.retained-limit',
  ),
  retainedReplayPerTurn: limit(
    100,
    'count',
    'retained messages for one new subscription',
    'the rest goes out in later turns',
    'none',
  ),
  maximumReplays: limit(64, 'count', 'replays of retained messages at once', 'further ones wait', 'none'),
  maximumKeepAliveSeconds: limit(
    65_535,
    'seconds',
    'a dead peer is found this late',
    'told by Server Keep Alive; 3.1.1 is held to it',
    'none',
  ),
  maximumTakeoversPer10Seconds: limit(
    Infinity,
    'count',
    'two Clients that share an identifier displace each other for ever',
    'the newcomer is refused for 10 s (0x9F)',
    'takeoversRefused',
  ),
  publishesPerSecond: limit(
    Infinity,
    'count',
    'of one Client; the strict preset has 1,000',
    'it is read more slowly, and its Keep Alive rests',
    'none',
  ),
  publishBurst: limit(
    1_000,
    'count',
    'that many a Client may publish at once after a rest',
    'it is read more slowly, and its Keep Alive rests',
    'none',
  ),
  maximumMemoryBytes: limit(
    Infinity,
    'bytes',
    'what the percentages are of; by default what the container or the machine has',
    'see the percentages',
    'none',
  ),
  memorySoftPercent: limit(
    60,
    'percent',
    'of the memory, resident, or of the heap that Node may use',
    'the busiest publishers are read at a trickle',
    'none',
  ),
  memoryHighPercent: limit(
    75,
    'percent',
    'of the memory',
    'CONNECT is refused (0x89), and QoS 0 to slow Clients is dropped sooner',
    'connectsRefused, messagesDropped.slow-client',
  ),
  memoryHardPercent: limit(90, 'percent', 'of the memory', 'the largest outbound buffers are cut (0x97)', 'none'),
  eventLoopLagRefuseMs: limit(
    250,
    'milliseconds',
    'how late the loop is: there is more to do than one core can',
    'CONNECT is refused (0x89)',
    'connectsRefused',
  ),
  eventLoopLagShedMs: limit(
    2_000,
    'milliseconds',
    'how late the loop is',
    'the busiest publishers are read at a trickle',
    'none',
  ),
  readBytesPerTurn: limit(
    256 * KiB,
    'bytes',
    'of one Client in one turn of the loop',
    'it goes on in the next turn',
    'none',
  ),
  deliveriesPerTurn: limit(
    8_192,
    'count',
    'of one Client in one turn of the loop, where a retained message counts as 16 and a filter of a SUBSCRIBE as 8',
    'it goes on in the next turn',
    'none',
  ),
  matcherEntries: limit(131_072, 'count', 'topics remembered by the matcher', 'the least used are forgotten', 'none'),
  matcherEntryBytes: limit(
    32 * MiB,
    'bytes',
    'topics remembered by the matcher',
    'the least used are forgotten',
    'none',
  ),
} as const satisfies Record<string, LimitDescription>

export type LimitName = keyof typeof LIMITS

/** Those that nobody meets as an event: they shape what is kept or sent, and nothing is dropped, refused or closed. */
type ShapingLimitName =
  | 'acceptBurst'
  | 'acceptBurstPerAddress'
  | 'publishBurst'
  | 'maximumMemoryBytes'
  | 'maximumInflightMessages'
  | 'outgoingTopicAliasMaximum'
  | 'matcherEntries'
  | 'matcherEntryBytes'

/** Those that `counters.limitsMet` has a number for. */
export type CountedLimitName = Exclude<LimitName, ShapingLimitName>
export type Limits = { readonly [Name in LimitName]: number }

export const DEFAULT_LIMITS = Object.fromEntries(
  Object.entries(LIMITS).map(([name, description]) => [name, description.default]),
) as unknown as Limits

/** For a broker that strangers reach: rates are limited, and nobody stays silent for long. */
export const STRICT_LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  acceptsPerSecond: 500,
  acceptsPerSecondPerAddress: 20,
  publishesPerSecond: 1_000,
  maximumKeepAliveSeconds: 1_200,
  maximumTakeoversPer10Seconds: 10,
}
