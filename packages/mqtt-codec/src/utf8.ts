/** What `classify` finds in text. */
export const NULL_CHARACTER = 1
export const NOT_ASCII = 2
export const CONTROL = 4
export const WILDCARD = 8

/** The statements that text breaks: of 5.0, then of 3.1.1. */
export const TEXT_STATEMENTS = '1.5.4-1 1.5.3-1'
export const NULL_STATEMENTS = '1.5.4-2 1.5.3-2'

/** A wildcard that shares its level, or `#` that is not the last [MQTT-4.7.1-1] [MQTT-4.7.1-2]. */
export const MISPLACED_WILDCARD = /[^/][+#]|[+#][^/]|#\//

/** Joins the classes of all bytes: one look-up each, so that a Topic Name in plain ASCII costs about 1 ns a byte. */
export const classify = (bytes: Uint8Array, start: number, end: number): number => {
  let found = 0
  for (let at = start; at < end; at++) found |= CLASSES[bytes[at]!]!
  return found
}

/** Whether bytes are UTF-8 as MQTT wants it: shortest forms, no surrogates, no U+0000. @see MQTT 5.0 §1.5.4 */
export const isWellFormedUtf8 = (bytes: Uint8Array, start: number, end: number): boolean => {
  let at = start
  while (at < end) {
    const byte = bytes[at++]!
    if (byte === 0) return false
    if (byte < 0x80) continue
    // The range of the second byte refuses overlong forms, surrogates and what lies above U+10FFFF.
    let low = 0x80
    let high = 0xbf
    let more = 1
    if (byte < 0xc2 || byte > 0xf4) return false
    if (byte >= 0xf0) {
      more = 3
      if (byte === 0xf0) low = 0x90
      else if (byte === 0xf4) high = 0x8f
    } else if (byte >= 0xe0) {
      more = 2
      if (byte === 0xe0) low = 0xa0
      else if (byte === 0xed) high = 0x9f
    }
    if (at + more > end) return false
    const second = bytes[at]!
    if (second < low || second > high) return false
    for (const last = at + more; ++at < last;) if ((bytes[at]! & 0xc0) !== 0x80) return false
  }
  return true
}

/** Whether well-formed UTF-8 has U+0001-1F, U+007F-9F, U+FFFE or U+FFFF, which a server may refuse. @see MQTT 5.0 §1.5.4 */
export const hasControlCharacter = (bytes: Uint8Array, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (
      (CLASSES[byte]! & CONTROL) !== 0 ||
      (byte === 0xc2 && bytes[at + 1]! < 0xa0) ||
      (byte === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2]! >= 0xbe)
    ) {
      return true
    }
  }
  return false
}

const classes = (): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => {
    if (byte === 0) return NULL_CHARACTER
    if (byte < 0x20 || byte === 0x7f) return CONTROL
    if (byte >= 0x80) return NOT_ASCII
    return byte === 0x23 || byte === 0x2b ? WILDCARD : 0
  })

const CLASSES = /* @__PURE__ */ classes()
