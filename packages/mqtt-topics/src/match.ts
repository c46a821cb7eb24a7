/**
 * Whether a Topic Filter matches a Topic Name, level by level: the executable definition that every index must equal
 * (§4.7). Both are taken to be valid.
 */
export const matches = (topicFilter: string, topicName: string): boolean => {
  const filter = topicFilter.split('/')
  const name = topicName.split('/')
  // [MQTT-4.7.2-1] A wildcard in the first level does not match a name that begins with $.
  if (topicName.startsWith('$') && (filter[0] === '+' || filter[0] === '#')) return false
  for (let level = 0; level < filter.length; level++) {
    // `a/#` matches `a` too: # stands for the parent and all below it.
    if (filter[level] === '#') return true
    if (level === name.length) return false
    if (filter[level] !== '+' && filter[level] !== name[level]) return false
  }
  return filter.length === name.length
}
