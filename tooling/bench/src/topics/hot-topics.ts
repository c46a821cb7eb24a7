const DEVICES = 100
const KINDS = ['temp', 'humidity', 'power', 'state']
/** Subscriptions of an organisation. */
const ORGANISATION = DEVICES * KINDS.length

/**
 * So many different Topic Filters of organisations with devices, none of which matches a hot topic: 70 % name one topic, 10 %
 * all devices of an organisation, 10 % a device of all organisations, 10 % whatever lies below a topic.
 */
export const backgroundFilters = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, place) => {
    const organisation = `t/org-${Math.floor(place / ORGANISATION)}`
    const device = `device-${Math.floor((place % ORGANISATION) / KINDS.length)}`
    const kind = KINDS[place % KINDS.length]!
    switch (place % 10) {
      case 7:
        return `${organisation}/+/${kind}-${place}`
      case 8:
        return `t/+/${device}/${kind}-${place}`
      case 9:
        return `${organisation}/${device}/${kind}/#`
      default:
        return `${organisation}/${device}/${kind}`
    }
  })

/** Topics that are published to again and again: those of devices that the Subscriptions of others are about, too. */
export const hotTopics = (group: number, count: number, subscriptions: number): readonly string[] => {
  const organisations = Math.ceil(subscriptions / ORGANISATION)
  return Array.from({ length: count }, (_, place) => {
    const number = group * count + place
    return `t/org-${number % organisations}/device-${number % DEVICES}/hot-${number}`
  })
}
