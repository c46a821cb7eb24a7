import { type PacketType } from './packet-type.ts'
import { CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, DISCONNECT, AUTH } from './packet-sets.ts'

/** Every Reason Code by name. Codes from 0x80 on say that something failed. @see MQTT 5.0 §2.4 */
export const ReasonCode = {
  Success: 0x00,
  NormalDisconnection: 0x00,
  GrantedQos0: 0x00,
  GrantedQos1: 0x01,
  GrantedQos2: 0x02,
  DisconnectWithWill: 0x04,
  NoMatchingSubscribers: 0x10,
  NoSubscriptionExisted: 0x11,
  ContinueAuthentication: 0x18,
  ReAuthenticate: 0x19,
  UnspecifiedError: 0x80,
  MalformedPacket: 0x81,
  ProtocolError: 0x82,
  ImplementationSpecificError: 0x83,
  UnsupportedProtocolVersion: 0x84,
  ClientIdentifierNotValid: 0x85,
  BadUserNameOrPassword: 0x86,
  NotAuthorized: 0x87,
  ServerUnavailable: 0x88,
  ServerBusy: 0x89,
  Banned: 0x8a,
  ServerShuttingDown: 0x8b,
  BadAuthenticationMethod: 0x8c,
  KeepAliveTimeout: 0x8d,
  SessionTakenOver: 0x8e,
  TopicFilterInvalid: 0x8f,
  TopicNameInvalid: 0x90,
  PacketIdentifierInUse: 0x91,
  PacketIdentifierNotFound: 0x92,
  ReceiveMaximumExceeded: 0x93,
  TopicAliasInvalid: 0x94,
  PacketTooLarge: 0x95,
  MessageRateTooHigh: 0x96,
  QuotaExceeded: 0x97,
  AdministrativeAction: 0x98,
  PayloadFormatInvalid: 0x99,
  RetainNotSupported: 0x9a,
  QosNotSupported: 0x9b,
  UseAnotherServer: 0x9c,
  ServerMoved: 0x9d,
  SharedSubscriptionsNotSupported: 0x9e,
  ConnectionRateExceeded: 0x9f,
  MaximumConnectTime: 0xa0,
  SubscriptionIdentifiersNotSupported: 0xa1,
  WildcardSubscriptionsNotSupported: 0xa2,
} as const

/** The name of a Reason Code, such as `'QuotaExceeded'`; of 0x00 it is `'Success'`. Undefined where there is no such code. */
export const reasonCodeName = (reasonCode: number): keyof typeof ReasonCode | undefined =>
  (Object.keys(ReasonCode) as (keyof typeof ReasonCode)[]).find((name) => ReasonCode[name] === reasonCode)

/** Whether a Reason Code may stand in a packet of that type. @see MQTT 5.0 §2.4 and the table of each packet */
export const isReasonCodeOf = (packetType: (typeof PacketType)[keyof typeof PacketType], reasonCode: number): boolean =>
  mayStandIn(1 << packetType, reasonCode)

/** The same for a set of packets as in packet-sets.ts. */
export const mayStandIn = (packets: number, reasonCode: number): boolean =>
  CODES.some(([where, codes]) => (where & packets) !== 0 && codes.includes(reasonCode))

/** Which codes may stand in which packets: table 2-6, together with the table of each packet. */
const CODES: readonly (readonly [packets: number, reasonCodes: readonly number[]])[] = [
  [CONNACK | PUBACK | PUBREC | PUBREL | PUBCOMP | SUBACK | UNSUBACK | DISCONNECT | AUTH, [0x00]],
  [CONNACK | PUBACK | PUBREC | SUBACK | UNSUBACK | DISCONNECT, [0x80, 0x83, 0x87]],
  [CONNACK | PUBACK | PUBREC | SUBACK | DISCONNECT, [0x97]],
  [CONNACK | PUBACK | PUBREC | DISCONNECT, [0x90, 0x99]],
  [CONNACK | DISCONNECT, [0x81, 0x82, 0x89, 0x8c, 0x95, 0x9a, 0x9b, 0x9c, 0x9d, 0x9f]],
  [CONNACK, [0x84, 0x85, 0x86, 0x88, 0x8a]],
  [DISCONNECT, [0x04, 0x8b, 0x8d, 0x8e, 0x93, 0x94, 0x96, 0x98, 0xa0]],
  [SUBACK | UNSUBACK | DISCONNECT, [0x8f]],
  [SUBACK | DISCONNECT, [0x9e, 0xa1, 0xa2]],
  [SUBACK, [0x01, 0x02]],
  [PUBACK | PUBREC | SUBACK | UNSUBACK, [0x91]],
  [PUBACK | PUBREC, [0x10]],
  [PUBREL | PUBCOMP, [0x92]],
  [UNSUBACK, [0x11]],
  [AUTH, [0x18, 0x19]],
]
