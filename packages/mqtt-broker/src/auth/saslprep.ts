/**
 * Names and passwords that look the same become the same bytes (RFC 4013); `undefined` for one that may not be used.
 * Unassigned characters are let through, as in a query: what a newer Unicode has assigned would lock people out.
 */
export const saslprep = (text: string): string | undefined => {
  const mapped = text.replaceAll(NON_ASCII_SPACE, ' ').replaceAll(MAPPED_TO_NOTHING, '')
  const normalized = mapped.normalize('NFKC')
  if (PROHIBITED.test(normalized)) return undefined
  return isWellDirected(normalized) ? normalized : undefined
}

/** RFC 3454 section 6: right-to-left text holds no left-to-right letter, and begins and ends right to left. */
const isWellDirected = (text: string): boolean => {
  if (!RIGHT_TO_LEFT.test(text)) return true
  const characters = [...text]
  if (!RIGHT_TO_LEFT.test(characters[0]!) || !RIGHT_TO_LEFT.test(characters.at(-1)!)) return false
  return !characters.some((character) => LETTER.test(character) && !RIGHT_TO_LEFT.test(character))
}

/** RFC 3454 table C.1.2. */
const NON_ASCII_SPACE = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu

/** Table B.1, but for U+200B, which is a space here. */
const MAPPED_TO_NOTHING = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/gu

/**
 * Tables C.1.2 and C.2.1 to C.9: spaces that are left, controls, private use, non-characters, surrogates, and what is
 * inappropriate for plain text, for canonical representation or deprecated.
 */
const PROHIBITED =
  /[\p{Cc}\u00a0\u06dd\u070f\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2063\u206a-\u206f\u2ff0-\u2ffb\u3000\ud800-\uf8ff\ufdd0-\ufdef\ufeff\ufff9-\uffff\u{1d173}-\u{1d17a}\u{1fffe}\u{1ffff}\u{2fffe}\u{2ffff}\u{3fffe}\u{3ffff}\u{4fffe}\u{4ffff}\u{5fffe}\u{5ffff}\u{6fffe}\u{6ffff}\u{7fffe}\u{7ffff}\u{8fffe}\u{8ffff}\u{9fffe}\u{9ffff}\u{afffe}\u{affff}\u{bfffe}\u{bffff}\u{cfffe}\u{cffff}\u{dfffe}\u{dffff}\u{e0001}\u{e0020}-\u{e007f}\u{efffe}-\u{10ffff}]|\u0340|\u0341/u

/** Table D.1. */
const RIGHT_TO_LEFT =
  /[\u05be\u05c0\u05c3\u05d0-\u05ea\u05f0-\u05f4\u061b\u061f\u0621-\u063a\u0640-\u064a\u066d-\u066f\u0671-\u06d5\u06dd\u06e5\u06e6\u06fa-\u06fe\u0700-\u070d\u0710\u0712-\u072c\u0780-\u07a5\u07b1\u200f\ufb1d\ufb1f-\ufb28\ufb2a-\ufb36\ufb38-\ufb3c\ufb3e\ufb40\ufb41\ufb43\ufb44\ufb46-\ufbb1\ufbd3-\ufd3d\ufd50-\ufd8f\ufd92-\ufdc7\ufdf0-\ufdfc\ufe70-\ufe74\ufe76-\ufefc]/u

/** Table D.2 holds the letters that are not in D.1, and a few marks that no name begins with. */
const LETTER = /\p{L}/u
