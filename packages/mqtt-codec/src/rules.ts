// Constants alone, so that bundlers put their values in place of their names.

/** The Reason Codes of the usual failures. */
export const MALFORMED = 0x81
export const VIOLATION = 0x82
export const QUOTA = 0x97

/** Rules that are judged in several places: each the `rule` of `decodeFailure`. */
export const CUT_OFF = 'cut off'
export const BYTES_BEHIND = 'bytes behind'
export const RUNS_PAST_PACKET = 'run past'
export const LENGTH_TOO_LONG = 'too long'
export const OUT_OF_RANGE = 'out of range'
export const OVERLONG = '1.5.5-1'
export const WRONG_FLAGS = '2.1.3-1|2.2.2-2'
export const CONNECT_FIRST = '3.1.0-1'
export const QOS_3 = '3.3.1-4'
export const DUP_WITH_QOS_0 = '3.3.1-2'
export const NO_SUCH_TYPE = 'no such packet'
export const MISPLACED_WILDCARD = '4.7.1-1|4.7.1-2'
export const EMPTY_TOPIC = '4.7.3-1'
export const WILDCARD_IN_RESPONSE_TOPIC = '3.3.2-14'
export const PACKET_ID_0 = '2.2.1-3|2.3.1-1'
export const TOPIC_ALIAS_0 = '3.3.2-8'
export const NO_SUCH_PROPERTY = 'no such property'
export const NO_METHOD = 'no method'
export const TOO_MANY_USER_PROPERTIES = 'User Properties'
export const NOT_UTF8 = '1.5.4-1|1.5.3-1'
export const HAS_NULL = '1.5.4-2|1.5.3-2'
export const HAS_CONTROL = 'control character'
