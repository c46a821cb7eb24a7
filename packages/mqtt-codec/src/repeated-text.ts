import { NO_BYTES } from './bytes.ts'

// Whoever publishes mostly publishes to the Topic Name of before, and a copy of bytes that were judged then takes a third of
// writing, or reading, character by character. One name is remembered for each direction, from the second time in a row on, so that names
// that alternate cost a comparison and no more.

/** Longer names are rare, and would be held for long. */
const LONGEST = 256

let written = ''
let writtenBytes = NO_BYTES
let lastWritten = ''

/** The bytes of this text, where it is the one that was written twice in a row. */
export const writtenBefore = (text: string): Uint8Array | undefined => (text === written ? writtenBytes : undefined)

/** Text was written here, all of it ASCII, and found right. */
export const rememberWritten = (text: string, target: Uint8Array, at: number): void => {
  if (text === lastWritten && text.length <= LONGEST) {
    written = text
    writtenBytes = copied(target, at, text.length)
  }
  lastWritten = text
}

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

/** A socket gives Buffers, whose `slice` is a view: it would follow whatever comes there next. */
const copied = (bytes: Uint8Array, from: number, length: number): Uint8Array =>
  new Uint8Array(bytes.subarray(from, from + length))
