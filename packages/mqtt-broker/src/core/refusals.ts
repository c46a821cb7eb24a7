import type { UserProperty } from '@godwit/mqtt-codec'
import { ReasonCode } from '@godwit/mqtt-codec'

/** Why a connection is closed: what a 5.0 Client is told, and the rule that it broke. */
export interface Violation {
  readonly reasonCode: number
  readonly reason: string
  readonly userProperties?: readonly UserProperty[]
  /** Beside 0x9C and 0x9D only. */
  readonly serverReference?: string
}

const violation = (reasonCode: number, reason: string): Violation => Object.freeze({ reasonCode, reason })

/** One object each: saying no allocates nothing. */
export const VIOLATIONS = {
  notConnected: violation(ReasonCode.ProtocolError, 'the first packet is not a CONNECT [MQTT-3.1.0-1]'),
  secondConnect: violation(ReasonCode.ProtocolError, 'a second CONNECT [MQTT-3.1.0-2]'),
  serverPacket: violation(ReasonCode.ProtocolError, 'a packet that only a Server sends'),
  maximumQos: violation(ReasonCode.QosNotSupported, 'a QoS above the Maximum QoS [MQTT-3.2.2-11]'),
  retainUnavailable: violation(ReasonCode.RetainNotSupported, 'RETAIN where it is not available [MQTT-3.2.2-14]'),
  topicAliasTooLarge: violation(ReasonCode.TopicAliasInvalid, 'a Topic Alias above the maximum [MQTT-3.3.2-9]'),
  topicAliasUnknown: violation(ReasonCode.ProtocolError, 'a Topic Alias that was never set [MQTT-3.3.2-7]'),
  topicNameInvalid: violation(ReasonCode.MalformedPacket, 'not a Topic Name [MQTT-3.3.2-2]'),
  topicNameTooLong: violation(ReasonCode.TopicNameInvalid, 'a Topic Name beyond our limits'),
  topicFilterInvalid: violation(ReasonCode.MalformedPacket, 'not a Topic Filter [MQTT-4.7.1-1]'),
  topicFilterTooLong: violation(ReasonCode.TopicFilterInvalid, 'a Topic Filter beyond our limits'),
  sharedFilterInvalid: violation(ReasonCode.ProtocolError, 'not a Shared Subscription [MQTT-4.8.2-1]'),
  sharedNoLocal: violation(ReasonCode.ProtocolError, 'No Local on a Shared Subscription [MQTT-3.8.3-4]'),
  subscriptionIdentifier: violation(
    ReasonCode.ProtocolError,
    'a Subscription Identifier in the PUBLISH of a Client [MQTT-3.3.4-6]',
  ),
  wildcardUnavailable: violation(
    ReasonCode.WildcardSubscriptionsNotSupported,
    'a wildcard where there are none (§3.2.2.3.11)',
  ),
  sharedUnavailable: violation(
    ReasonCode.SharedSubscriptionsNotSupported,
    'a Shared Subscription where there are none (§3.2.2.3.13)',
  ),
  subscriptionIdentifiersUnavailable: violation(
    ReasonCode.SubscriptionIdentifiersNotSupported,
    'a Subscription Identifier where there are none (§3.2.2.3.12)',
  ),
  receiveMaximum: violation(
    ReasonCode.ReceiveMaximumExceeded,
    'more unacknowledged messages than Receive Maximum [MQTT-3.3.4-7]',
  ),
  acknowledgement: violation(ReasonCode.ProtocolError, 'an acknowledgement of another kind than the message (§4.3)'),
  expiryRaised: violation(
    ReasonCode.ProtocolError,
    'a Session Expiry Interval raised from 0 by DISCONNECT (§3.14.2.2.2)',
  ),
  authWithoutMethod: violation(
    ReasonCode.ProtocolError,
    'an AUTH without an Authentication Method in CONNECT [MQTT-4.12.0-6]',
  ),
  authBeforeConnack: violation(
    ReasonCode.ProtocolError,
    'another packet than AUTH or DISCONNECT before CONNACK [MQTT-3.1.2-30]',
  ),
  authOutOfTurn: violation(ReasonCode.ProtocolError, 'an AUTH out of turn (§4.12)'),
  authenticationMethodChanged: violation(
    ReasonCode.ProtocolError,
    'another Authentication Method than in CONNECT [MQTT-4.12.0-5] [MQTT-4.12.1-1]',
  ),
  authenticationRounds: violation(ReasonCode.ProtocolError, 'more rounds of AUTH than we go'),
  authenticationUnanswered: violation(ReasonCode.NotAuthorized, 'no AUTH of the Client in time'),
  authenticatorUnanswered: violation(ReasonCode.ServerUnavailable, 'the authenticator did not answer in time'),
  principalChanged: violation(ReasonCode.NotAuthorized, 're-authentication as somebody else'),
  publishDenied: violation(ReasonCode.NotAuthorized, 'a PUBLISH without the right to it'),
  keepAlive: violation(ReasonCode.KeepAliveTimeout, 'silence for one and a half times the Keep Alive [MQTT-3.1.2-22]'),
  sessionTakenOver: violation(
    ReasonCode.SessionTakenOver,
    'another connection with its Client Identifier [MQTT-3.1.4-3]',
  ),
  unauthenticatedBytes: violation(ReasonCode.ServerBusy, 'too much is held for Clients that are not let in yet'),
  assembly: violation(ReasonCode.AdministrativeAction, 'a packet that came too slowly'),
  stalled: violation(ReasonCode.AdministrativeAction, 'it reads nothing'),
  packetTooLarge: violation(
    ReasonCode.PacketTooLarge,
    'an answer that does not fit its Maximum Packet Size [MQTT-3.1.2-24]',
  ),
  storeUnreadable: violation(ReasonCode.ImplementationSpecificError, 'its messages cannot be read from the store'),
  storeUnavailable: violation(ReasonCode.ImplementationSpecificError, 'the store takes nothing more'),
  shuttingDown: violation(ReasonCode.ServerShuttingDown, 'the broker is shutting down'),
} as const
