/**
 * The Reason Codes that this client decides about, each a constant of its own: the codec's `ReasonCode` has all of them, and a page that
 * bundles the client would carry every name.
 *
 * @see MQTT 5.0 §2.4
 */
export const UNSPECIFIED_ERROR = 0x80
export const MALFORMED_PACKET = 0x81
export const PROTOCOL_ERROR = 0x82
export const UNSUPPORTED_PROTOCOL_VERSION = 0x84
export const SERVER_BUSY = 0x89
export const SERVER_SHUTTING_DOWN = 0x8b
export const KEEP_ALIVE_TIMEOUT = 0x8d
export const SESSION_TAKEN_OVER = 0x8e
export const PACKET_IDENTIFIER_NOT_FOUND = 0x92
export const RECEIVE_MAXIMUM_EXCEEDED = 0x93
export const TOPIC_ALIAS_INVALID = 0x94
export const PACKET_TOO_LARGE = 0x95
export const RETAIN_NOT_SUPPORTED = 0x9a
export const QOS_NOT_SUPPORTED = 0x9b
