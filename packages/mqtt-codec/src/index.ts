export { decode, decodeFrame } from './decode.ts'
export { decodeLimits, type DecodeLimits, type LimitJudge } from './decode-limits.ts'
export { encode, encodedLength, encodeInto } from './encode.ts'
export { EncodeError, isDecodeFailure } from './failures.ts'
export type { DecodeFailure, EncodeErrorCode, FailureKind } from './failures.ts'
export { FrameScanner } from './frame-scanner.ts'
export type { FrameScannerOptions } from './frame-scanner.ts'
export { PacketType } from './packet-type.ts'
export type { ProtocolVersion, QoS } from './packet-type.ts'
export type { Packet } from './packet.ts'
export type {
  AcknowledgementProperties,
  PubackPacket,
  PubcompPacket,
  PubrecPacket,
  PubrelPacket,
} from './packets/acknowledgement.ts'
export type { AuthPacket, AuthProperties } from './packets/auth.ts'
export type { ConnackPacket, ConnackProperties } from './packets/connack.ts'
export type { ConnectPacket, ConnectProperties, Will, WillProperties } from './packets/connect.ts'
export type { DisconnectPacket, DisconnectProperties } from './packets/disconnect.ts'
export type { PingreqPacket, PingrespPacket } from './packets/ping.ts'
export type { MessageProperties, PublishPacket, PublishProperties } from './packets/publish.ts'
export type { SubackPacket, SubackProperties, UnsubackPacket, UnsubackProperties } from './packets/suback.ts'
export type {
  SubscribePacket,
  SubscribeProperties,
  SubscriptionRequest,
  UnsubscribePacket,
  UnsubscribeProperties,
} from './packets/subscribe.ts'
export type { ReasonProperties, UserProperties, UserProperty } from './properties.ts'
export { isReasonCodeOf, ReasonCode, reasonCodeName } from './reason-codes.ts'
export { StreamDecoder } from './stream-decoder.ts'
export type { StreamDecoderOptions } from './stream-decoder.ts'
export { pureText } from './text.ts'
export type { TextCodec } from './text.ts'
