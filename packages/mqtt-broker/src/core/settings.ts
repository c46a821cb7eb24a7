import type { QoS, UserProperty } from '@godwit/mqtt-codec'

/** Choices that the specification leaves open; each default is the safe one. */
export interface Settings {
  /** Overlapping subscriptions of a Client: one copy with the highest QoS and all identifiers, or one for each (§3.3.4). */
  readonly overlappingSubscriptions: 'one-copy' | 'one-per-subscription'
  /** Control characters and non-characters in identifiers and topics (§1.5.4). */
  readonly allowControlCharacters: boolean
  /** A PUBLISH without the right: acknowledged with 0x87 (3.1.1: like any other) and dropped, or the connection is closed. */
  readonly publishDenied: 'drop' | 'disconnect'
  /** A full queue drops the newest message or the oldest. */
  readonly queueOverflow: 'drop-newest' | 'drop-oldest'
  /** Whether QoS 0 messages wait for Sessions that are offline (§4.5). */
  readonly queueQos0: boolean
  /** The payload of a message that says it is text is checked to be UTF-8 (0x99). */
  readonly checkPayloadFormat: boolean
  /**
   * How a Shared Subscription chooses among members that are online and have room (§4.8.2). `sticky`: all messages of one
   * publishing Client go to the same member.
   */
  readonly sharedSubscriptionChoice: 'round-robin' | 'least-in-flight' | 'sticky'
  /** The highest QoS that is granted and accepted (§3.2.2.3.4). */
  readonly maximumQos: QoS
  /** Whether retained messages are kept at all (§3.2.2.3.5). */
  readonly retainAvailable: boolean
  /** Seconds told to every 5.0 Client as its Keep Alive; undefined: the Client's own (§3.2.2.3.14). */
  readonly serverKeepAliveSeconds: number | undefined
  /** Where Clients are sent instead: they are refused with 0x9C and this reference; 3.1.1: Return Code 3 (§4.11). */
  readonly serverReference: string | undefined
  /** They are to stay there: 0x9D instead of 0x9C. */
  readonly serverMoved: boolean
  /** Who may displace a connected Client with the same Client Identifier (§3.1.4). `any-principal` never inherits a Session. */
  readonly clientTakeover: 'same-principal' | 'any-principal' | 'never'
  /**
   * Who is told in words why something was refused (§3.1.2.11.7): Clients whose CONNECT has Request Problem Information 1,
   * all whose CONNECT does not have 0, or nobody.
   */
  readonly reasonStrings: 'when-asked' | 'unless-declined' | 'never'
  /** Whether Topic Filters may have wildcards (0xA2, §3.2.2.3.11). */
  readonly wildcardSubscriptionAvailable: boolean
  /** Whether there are Shared Subscriptions (0x9E, §3.2.2.3.13). */
  readonly sharedSubscriptionAvailable: boolean
  /** Whether there are Subscription Identifiers (0xA1, §3.2.2.3.12). */
  readonly subscriptionIdentifiersAvailable: boolean
  /**
   * The start of the Response Topic that a Client is told when it asks (§3.2.2.3.15); `{clientId}` stands for its
   * Client Identifier, with everything but letters, digits and `-_.!~*'()` as `%XX`.
   */
  readonly responseInformation: string | undefined
  /** User Properties of every CONNACK (§3.2.2.3.10). */
  readonly connackUserProperties: readonly UserProperty[]
}

export const DEFAULT_SETTINGS: Settings = {
  overlappingSubscriptions: 'one-copy',
  allowControlCharacters: false,
  publishDenied: 'drop',
  queueOverflow: 'drop-newest',
  queueQos0: false,
  checkPayloadFormat: false,
  sharedSubscriptionChoice: 'round-robin',
  maximumQos: 2,
  retainAvailable: true,
  serverKeepAliveSeconds: undefined,
  serverReference: undefined,
  serverMoved: false,
  clientTakeover: 'same-principal',
  reasonStrings: 'when-asked',
  wildcardSubscriptionAvailable: true,
  sharedSubscriptionAvailable: true,
  subscriptionIdentifiersAvailable: true,
  responseInformation: undefined,
  connackUserProperties: [],
}
