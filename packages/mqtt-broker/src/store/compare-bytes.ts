/** The order of keys: byte by byte, a shorter one before those that begin with it. */
export const compareBytes = (one: Uint8Array, other: Uint8Array): number => {
  const length = Math.min(one.length, other.length)
  for (let place = 0; place < length; place++) {
    const difference = one[place]! - other[place]!
    if (difference !== 0) return difference
  }
  return one.length - other.length
}
