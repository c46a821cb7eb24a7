/** Numbers in network order, written into a packet. @see MQTT 5.0 §1.5.2 and §1.5.3 */
export const writeTwoBytes = (target: Uint8Array, at: number, value: number): void => {
  target[at] = value >> 8
  target[at + 1] = value & 0xff
}

export const writeFourBytes = (target: Uint8Array, at: number, value: number): void => {
  target[at] = value >>> 24
  target[at + 1] = (value >>> 16) & 0xff
  target[at + 2] = (value >>> 8) & 0xff
  target[at + 3] = value & 0xff
}
