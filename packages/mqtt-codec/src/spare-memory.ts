import { NO_BYTES } from './bytes.ts'

// Memory that is new is filled with zeros, which takes as long as the copy that is then made into it. So the last buffer of a
// long packet is kept for the next one, of whatever connection: one, for all of them.

/** Below it a buffer of its own costs little, and the one that is kept is not pinned for a short packet. */
const SHORTEST_SPARE = 4096
/** The longest buffer that is kept. */
const LONGEST_SPARE = 2 ** 21

let spare = NO_BYTES

/** The buffer that is kept, where it has so many bytes; whoever takes it has it alone. What stands in it is of no use. */
export const takeSpare = (bytes: number): Uint8Array | undefined => {
  if (bytes <= SHORTEST_SPARE || bytes > spare.length) return undefined
  const taken = spare
  spare = NO_BYTES
  return taken
}

/** Gives up a buffer that nobody looks at any more. */
export const keepSpare = (bytes: Uint8Array): void => {
  if (bytes.length > spare.length && bytes.length <= LONGEST_SPARE) spare = bytes
}
