/** Memory of its own costs several times what a view does, so short pieces share some of this many bytes. */
const SLAB_BYTES = 65_536
const SHORT_BYTES = 4_096

let slab = new Uint8Array(SLAB_BYTES)
let used = 0

/** So many bytes that nobody else has, or ever will; what is in them is 0. */
export const freshBytes = (length: number): Uint8Array => {
  if (length > SHORT_BYTES) return new Uint8Array(length)
  if (used + length > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES)
    used = 0
  }
  used += length
  return slab.subarray(used - length, used)
}

/** `slice` of a Buffer would be a view. */
export const copyOf = (bytes: Uint8Array): Uint8Array => {
  const copy = freshBytes(bytes.length)
  copy.set(bytes)
  return copy
}
