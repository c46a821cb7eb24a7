// Constants alone, so that bundlers put their values in place of their names.

/** How a value lies in the packet, in the lower bits. */
export const FLAG = 0
export const BYTE = 1
export const TWO_BYTES = 2
export const FOUR_BYTES = 3
export const VARIABLE = 4
export const BINARY = 5
export const TEXT = 6
export const TOPIC_NAME = 7
export const TEXT_PAIR = 8
/** With it, the value may not be 0. */
export const NOT_ZERO = 16
/** With it, the property may stand there more than once; its value in our objects is then an array. */
export const REPEATABLE = 32
