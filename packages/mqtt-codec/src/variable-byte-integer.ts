/** The greatest Variable Byte Integer, and so the longest Remaining Length. @see MQTT 5.0 §1.5.5 */
export const MAXIMUM_VARIABLE_BYTE_INTEGER = 268_435_455

/** Bytes that a Variable Byte Integer takes. */
export const variableByteIntegerLength = (value: number): 1 | 2 | 3 | 4 =>
  value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : 4

/** Writes 0 to 268,435,455 in the fewest bytes and returns where it ends [MQTT-1.5.5-1]. */
export const writeVariableByteInteger = (target: Uint8Array, offset: number, value: number): number => {
  let at = offset
  let rest = value
  while (rest >= 0x80) {
    target[at++] = rest | 0x80
    rest >>>= 7
  }
  target[at++] = rest
  return at
}
