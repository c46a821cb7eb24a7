/** Whether every topic that `inner` matches is matched by `outer`, too. */
export const covers = (outer: string, inner: string): boolean => {
  if (apart(outer, inner)) return false
  const wide = outer.split('/')
  // Alone, # needs one level: there is no parent that it could match as well.
  const narrow = inner === '#' ? ['+', '#'] : inner.split('/')
  for (const [level, text] of wide.entries()) {
    if (text === '#') return true
    const other = narrow[level]
    if (other === undefined || other === '#') return false
    if (text !== '+' && text !== other) return false
  }
  return wide.length === narrow.length
}

/** Whether there is a topic that both match. */
export const overlaps = (one: string, other: string): boolean => {
  if (apart(one, other)) return false
  const first = one.split('/')
  const second = other.split('/')
  for (let level = 0; ; level++) {
    const a = first[level]
    const b = second[level]
    // `a/#` matches `a` as well, so # also stands for the end.
    if (a === '#' || b === '#') return true
    if (a === undefined || b === undefined) return a === b
    if (a !== b && a !== '+' && b !== '+') return false
  }
}

/** [MQTT-4.7.2-1] A wildcard in the first level does not match what begins with $. */
const apart = (one: string, other: string): boolean =>
  (one.startsWith('$') && beginsWithWildcard(other)) || (other.startsWith('$') && beginsWithWildcard(one))

const beginsWithWildcard = (topicFilter: string): boolean => topicFilter.startsWith('+') || topicFilter.startsWith('#')
