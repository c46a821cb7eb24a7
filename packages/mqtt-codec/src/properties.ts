import {
  WILL,
  CONNECT,
  CONNACK,
  PUBLISH,
  PUBACK,
  PUBREC,
  PUBREL,
  PUBCOMP,
  SUBSCRIBE,
  SUBACK,
  UNSUBSCRIBE,
  UNSUBACK,
  DISCONNECT,
  AUTH,
} from './packet-sets.ts'
import {
  FLAG,
  BYTE,
  TWO_BYTES,
  FOUR_BYTES,
  VARIABLE,
  BINARY,
  TEXT,
  TOPIC_NAME,
  TEXT_PAIR,
  NOT_ZERO,
  REPEATABLE,
} from './wire-types.ts'

export type PropertyRow = readonly [identifier: number, name: string, wireType: number, packets: number]

const RESPONSES = CONNACK | PUBACK | PUBREC | PUBREL | PUBCOMP | SUBACK | UNSUBACK | DISCONNECT | AUTH

/** All 27 properties; Subscription Identifier has a row for each of its two packets. @see MQTT 5.0 §2.2.2.2 */
export const PROPERTIES: readonly PropertyRow[] = [
  [0x01, 'payloadFormatIndicator', BYTE, PUBLISH | WILL],
  [0x02, 'messageExpiryIntervalSeconds', FOUR_BYTES, PUBLISH | WILL],
  [0x03, 'contentType', TEXT, PUBLISH | WILL],
  [0x08, 'responseTopic', TOPIC_NAME, PUBLISH | WILL],
  [0x09, 'correlationData', BINARY, PUBLISH | WILL],
  [0x0b, 'subscriptionIdentifiers', VARIABLE | NOT_ZERO | REPEATABLE, PUBLISH],
  [0x0b, 'subscriptionIdentifier', VARIABLE | NOT_ZERO, SUBSCRIBE],
  [0x11, 'sessionExpiryIntervalSeconds', FOUR_BYTES, CONNECT | CONNACK | DISCONNECT],
  [0x12, 'assignedClientId', TEXT, CONNACK],
  [0x13, 'serverKeepAliveSeconds', TWO_BYTES, CONNACK],
  [0x15, 'authenticationMethod', TEXT, CONNECT | CONNACK | AUTH],
  [0x16, 'authenticationData', BINARY, CONNECT | CONNACK | AUTH],
  [0x17, 'requestProblemInformation', FLAG, CONNECT],
  [0x18, 'willDelayIntervalSeconds', FOUR_BYTES, WILL],
  [0x19, 'requestResponseInformation', FLAG, CONNECT],
  [0x1a, 'responseInformation', TEXT, CONNACK],
  [0x1c, 'serverReference', TEXT, CONNACK | DISCONNECT],
  [0x1f, 'reasonString', TEXT, RESPONSES],
  [0x21, 'receiveMaximum', TWO_BYTES | NOT_ZERO, CONNECT | CONNACK],
  [0x22, 'topicAliasMaximum', TWO_BYTES, CONNECT | CONNACK],
  [0x23, 'topicAlias', TWO_BYTES | NOT_ZERO, PUBLISH],
  [0x24, 'maximumQos', BYTE, CONNACK],
  [0x25, 'retainAvailable', FLAG, CONNACK],
  [0x26, 'userProperties', TEXT_PAIR | REPEATABLE, RESPONSES | CONNECT | PUBLISH | WILL | SUBSCRIBE | UNSUBSCRIBE],
  [0x27, 'maximumPacketSizeBytes', FOUR_BYTES | NOT_ZERO, CONNECT | CONNACK],
  [0x28, 'wildcardSubscriptionAvailable', FLAG, CONNACK],
  [0x29, 'subscriptionIdentifiersAvailable', FLAG, CONNACK],
  [0x2a, 'sharedSubscriptionAvailable', FLAG, CONNACK],
]

/** The rows of the properties that may stand in these packets. */
export const propertiesOf = (packets: number): readonly PropertyRow[] =>
  (ROWS[packets] ??= PROPERTIES.filter((row) => (row[3] & packets) !== 0))

/** Filtered once for each packet. */
const ROWS: { [packets: number]: readonly PropertyRow[] } = {}

/** A User Property: names may repeat, and order is kept. @see MQTT 5.0 §1.5.7 */
export type UserProperty = readonly [name: string, value: string]

export interface UserProperties {
  readonly userProperties?: readonly UserProperty[]
}

/** What most answers may carry. */
export interface ReasonProperties extends UserProperties {
  /** For a person who reads a log, never for a program. @see MQTT 5.0 §3.4.2.2.2 */
  readonly reasonString?: string
}
