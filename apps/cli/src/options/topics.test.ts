import { describe, expect, it } from 'vitest'
import { checkTopicFilter, checkTopicName } from './topics.ts'

describe('topics on the command line', () => {
  it.each(['a', 'a/b', '/', '$SYS/x', ' '])('%j can be published to', (topicName) => {
    expect(checkTopicName('-t', topicName)).toBe(topicName)
  })

  it.each([
    ['', /-t: the topic is empty/],
    ['a/+', /'a\/\+' is no topic, see character 3/],
    ['#', /is no topic/],
  ])('%j cannot', (topicName, message) => {
    expect(() => checkTopicName('-t', topicName)).toThrow(message)
  })

  it.each(['#', 'a/+/b', '$share/g/a/#', '+'])('%j can be subscribed to', (topicFilter) => {
    expect(checkTopicFilter('-t', topicFilter)).toBe(topicFilter)
  })

  it.each([
    ['', /filter is empty/],
    ['a/+b', /character 3/],
    ['a/#/b', /character 3/],
    ['$share/g', /is no topic filter/],
    ['$share//a', /is no topic filter/],
  ])('%j cannot', (topicFilter, message) => {
    expect(() => checkTopicFilter('-t', topicFilter)).toThrow(message)
  })
})
