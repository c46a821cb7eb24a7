// Constants alone, so that bundlers put their values in place of their names.

/** Sets of packets in the tables: bit n stands for Message Type n, bit 0 for the Will inside CONNECT. */
export const WILL = 0x0001
export const CONNECT = 0x0002
export const CONNACK = 0x0004
export const PUBLISH = 0x0008
export const PUBACK = 0x0010
export const PUBREC = 0x0020
export const PUBREL = 0x0040
export const PUBCOMP = 0x0080
export const SUBSCRIBE = 0x0100
export const SUBACK = 0x0200
export const UNSUBSCRIBE = 0x0400
export const UNSUBACK = 0x0800
export const DISCONNECT = 0x4000
export const AUTH = 0x8000
