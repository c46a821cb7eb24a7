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

/** The names of Message Types 1 to 15, in order. */
export const TYPES = /* @__PURE__ */ Object.keys(PacketType) as readonly (keyof typeof PacketType)[]
