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
  ((SUCCESSES[reasonCode] ?? FAILURES[reasonCode - 0x80])! & packets) !== 0

// Which packets each code may stand in: table 2-6, together with the table of each packet.

const SUCCESSES: { readonly [reasonCode: number]: number } = {
  0x00: CONNACK | PUBACK | PUBREC | PUBREL | PUBCOMP | SUBACK | UNSUBACK | DISCONNECT | AUTH,
  0x01: SUBACK,
  0x02: SUBACK,
  0x04: DISCONNECT,
  0x10: PUBACK | PUBREC,
  0x11: UNSUBACK,
  0x18: AUTH,
  0x19: AUTH,
}

/** From 0x80 on, without a gap: as a list it is shorter. */
const FAILURES: readonly number[] = [
  /* 0x80 */ CONNACK | PUBACK | PUBREC | SUBACK | UNSUBACK | DISCONNECT,
  /* 0x81 */ CONNACK | DISCONNECT,
  /* 0x82 */ CONNACK | DISCONNECT,
  /* 0x83 */ CONNACK | PUBACK | PUBREC | SUBACK | UNSUBACK | DISCONNECT,
  /* 0x84 */ CONNACK,
  /* 0x85 */ CONNACK,
  /* 0x86 */ CONNACK,
  /* 0x87 */ CONNACK | PUBACK | PUBREC | SUBACK | UNSUBACK | DISCONNECT,
  /* 0x88 */ CONNACK,
  /* 0x89 */ CONNACK | DISCONNECT,
  /* 0x8a */ CONNACK,
  /* 0x8b */ DISCONNECT,
  /* 0x8c */ CONNACK | DISCONNECT,
  /* 0x8d */ DISCONNECT,
  /* 0x8e */ DISCONNECT,
  /* 0x8f */ SUBACK | UNSUBACK | DISCONNECT,
  /* 0x90 */ CONNACK | PUBACK | PUBREC | DISCONNECT,
  /* 0x91 */ PUBACK | PUBREC | SUBACK | UNSUBACK,
  /* 0x92 */ PUBREL | PUBCOMP,
  /* 0x93 */ DISCONNECT,
  /* 0x94 */ DISCONNECT,
  /* 0x95 */ CONNACK | DISCONNECT,
  /* 0x96 */ DISCONNECT,
  /* 0x97 */ CONNACK | PUBACK | PUBREC | SUBACK | DISCONNECT,
  /* 0x98 */ DISCONNECT,
  /* 0x99 */ CONNACK | PUBACK | PUBREC | DISCONNECT,
  /* 0x9a */ CONNACK | DISCONNECT,
  /* 0x9b */ CONNACK | DISCONNECT,
  /* 0x9c */ CONNACK | DISCONNECT,
  /* 0x9d */ CONNACK | DISCONNECT,
  /* 0x9e */ SUBACK | DISCONNECT,
  /* 0x9f */ CONNACK | DISCONNECT,
  /* 0xa0 */ DISCONNECT,
  /* 0xa1 */ SUBACK | DISCONNECT,
  /* 0xa2 */ SUBACK | DISCONNECT,
]
