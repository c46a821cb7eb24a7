/** Whether a Topic Filter matches a Topic Name, level by level, as §4.7 says it: slow, and easy to see that it is right. */
export const naivelyMatches = (topicFilter: string, topicName: string): boolean => {
  const wanted = topicFilter.split('/')
  const levels = topicName.split('/')
  // [MQTT-4.7.2-1]
  if (topicName.startsWith('$') && (wanted[0] === '#' || wanted[0] === '+')) return false
  for (const [place, level] of wanted.entries()) {
    if (level === '#') return true
    if (place >= levels.length) return false
    if (level !== '+' && level !== levels[place]) return false
  }
  return wanted.length === levels.length
}
