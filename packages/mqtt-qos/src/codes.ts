/**
 * The numbers of states, inputs and outcomes. The machines use them one by one, so that what a page bundles holds numbers and no names; those
 * who want names find them collected in `transitions.ts`.
 */

// What an outgoing Packet Identifier is waiting for.
export const FREE = 0
export const AWAITING_PUBACK = 1
export const AWAITING_PUBREC = 2
export const AWAITING_PUBCOMP = 3
export const RESERVED = 4

// What may happen to one.
export const START_QOS_1 = 0
export const START_QOS_2 = 1
export const PUBACK = 2
export const PUBACK_REFUSED = 3
export const PUBREC = 4
export const PUBREC_REFUSED = 5
export const PUBCOMP = 6
export const ABANDON = 7
export const DISCARD = 8
export const RESERVE = 9
export const RELEASE = 10

// What the caller of the Sender has to do.
export const IGNORED = 0
export const COMPLETED = 1
export const SEND_PUBREL = 2
export const VIOLATION = 3
export const REFUSED = 4
export const SEND_PUBLISH = 5
export const IDENTIFIER_TAKEN = 6
export const IDENTIFIER_FREED = 7

// What an incoming QoS 2 identifier is waiting for; `FREE` is 0 here too.
export const AWAITING_PUBREL = 1

// What may happen to one.
export const PUBLISH_QOS_1 = 0
export const PUBLISH_QOS_2 = 1
export const PUBLISH_BEYOND_QUOTA = 2
export const HOLD = 3
export const PUBREL = 4

// What the caller of the Receiver has to do.
export const ACCEPT = 0
export const REPEAT = 1
export const QUOTA_EXCEEDED = 2
export const HELD = 3
export const RELEASED = 4
export const UNKNOWN = 5

// What a Client has to do to keep its connection alive.
export const NOTHING = 0
export const SEND_PINGREQ = 1
export const TIMED_OUT = 2
