import { NO_BYTES } from './bytes.ts'

// Whoever publishes mostly publishes to the Topic Names of before, and a copy of bytes that were judged then takes a third of
// writing, or reading, character by character.

/** Longer names are rare, and would be held for long. */
const LONGEST = 256

// Written: as many names as most programs have, found by the text, whose hash the engine keeps with it. Learning one takes as
// long as writing it three times, so one in 32 unknown names is learnt. Looking for one takes half of what is won where it is
// known. So while fewer than one in three are known, as where names are new ones for ever, one in 32 is looked for, and what was
// learnt makes room. Measured in `encode` with 64 bytes of payload: a sixth less for 50 or 200 names, a tenth more where none
// comes again.

const MOST_NAMES = 256
const CHANCES = 4096
const LUCKY = CHANCES / 32
const MOST_PATIENCE = 16_384

const learnt = new Map<string, Uint8Array>()
/** Drawn anew for each name that is not known: of names that come in turns, each has its chance. */
let chance = 0
/** Each name that is known gives two, each that is not takes one. */
let patience = MOST_PATIENCE

/** The bytes of this text, where it has been learnt. */
export const writtenBefore = (text: string): Uint8Array | undefined => {
  if (patience === 0 && chance >= LUCKY) return undefined
  const bytes = learnt.get(text)
  if (bytes !== undefined && patience < MOST_PATIENCE) patience += 2
  return bytes
}

/** Text that was not known was written here, all of it ASCII, and found right. */
export const rememberWritten = (text: string, target: Uint8Array, at: number): void => {
  if (patience > 0) patience--
  chance = (chance * 1229 + 1) % CHANCES
  if (chance >= LUCKY || text.length > LONGEST) return
  if (learnt.size === MOST_NAMES) {
    if (patience > 0) return
    learnt.clear()
  }
  learnt.set(text, copied(target, at, text.length))
}

// Read: one name, the one that came twice in a row, so that names that alternate cost a comparison and no more. Bytes have no
// hash that the engine keeps.

let read = ''
let readBytes = NO_BYTES
let lastRead = ''

/** The text that was read twice in a row, where these bytes are its bytes. */
export const readBefore = (bytes: Uint8Array, from: number, length: number): string | undefined => {
  if (length !== readBytes.length) return undefined
  for (let index = 0; index < length; index++) if (bytes[from + index] !== readBytes[index]) return undefined
  return read
}

/** This text was read here, all of it ASCII, and found right. */
export const rememberRead = (text: string, bytes: Uint8Array, from: number): void => {
  if (text === lastRead && text.length <= LONGEST) {
    read = text
    readBytes = copied(bytes, from, text.length)
  }
  lastRead = text
}

/** Byte by byte: a view of so few bytes takes longer to make, and the `slice` of a Buffer is one. */
const copied = (bytes: Uint8Array, from: number, length: number): Uint8Array => {
  const copy = new Uint8Array(length)
  for (let index = 0; index < length; index++) copy[index] = bytes[from + index]!
  return copy
}
