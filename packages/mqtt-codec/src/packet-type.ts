/** The Message Type of each Control Packet, as in bits 7-4 of the first byte. @see MQTT 5.0 §2.1.2 */
export const PacketType = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
} as const

/** The Protocol Level byte of CONNECT: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. */
export type ProtocolVersion = 3 | 4 | 5

export type QoS = 0 | 1 | 2

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
