import { SubscriptionIndex } from '@godwit/mqtt-topics'
import { Qlobber } from 'qlobber'
import type { Contest } from '../harness/contest.ts'
import type { Population } from './subscriptions.ts'

/** As Aedes uses it. */
const AS_MQTT = { separator: '/', wildcard_one: '+', wildcard_some: '#', match_empty_levels: true }

/** A pass is a look-up of every topic in turn; both sides add up how many values match, or the values where that is said. */
export const indexContests = ({ filters, topicNames }: Population, hotRatio: number): readonly Contest[] => {
  let index = ourIndex(filters)
  const peer = peerIndex(filters)
  const ours = () => {
    let sum = 0
    for (const topicName of topicNames) sum += index.match(topicName).length
    return sum
  }
  const encoder = new TextEncoder()
  const encoded = topicNames.map((topicName) => encoder.encode(topicName))
  const theirs = () => {
    let sum = 0
    for (const topicName of topicNames) sum += peer.match(topicName).length
    return sum
  }
  const size = (count: number) => count.toLocaleString('en')
  const pass = `${size(filters.length)} filters, ${size(topicNames.length)} topics`
  const churned = filters.slice(0, 2500)
  return [
    { name: `${pass}, after one warm pass`, operations: topicNames.length, leastRatio: hotRatio, ours, peer: theirs },
    {
      name: `${pass}, warm, every value read`,
      operations: topicNames.length,
      leastRatio: 0,
      ours() {
        let sum = 0
        for (const topicName of topicNames) sum += sumOf(index.match(topicName))
        return sum
      },
      peer() {
        let sum = 0
        for (const topicName of topicNames) sum += sumOf(peer.match(topicName) as number[])
        return sum
      },
    },
    {
      name: `${pass}, from bytes as a broker does`,
      operations: topicNames.length,
      leastRatio: 0,
      ours() {
        let sum = 0
        for (const bytes of encoded) {
          const entry = index.entryOfBytes(bytes, 0, bytes.length)
          if (entry.refused === undefined) sum += entry.resolved.length
        }
        return sum
      },
      peer: theirs,
    },
    {
      name: `${pass}, cold`,
      operations: topicNames.length,
      leastRatio: 0,
      prepare: () => (index = ourIndex(filters)),
      ours,
      peer: theirs,
    },
    {
      name: `a filter removed and added again for every 20 look-ups`,
      operations: topicNames.length,
      leastRatio: 0,
      ours: () =>
        churn(churned, topicNames, {
          remove: (filter, value) => index.remove(filter, value),
          add: (filter, value) => index.add(filter, value),
          match: (topicName) => index.match(topicName),
        }),
      peer: () =>
        churn(churned, topicNames, {
          remove: (filter, value) => peer.remove(filter, value),
          add: (filter, value) => peer.add(filter, value),
          match: (topicName) => peer.match(topicName) as number[],
        }),
    },
    {
      name: 'a filter added to an empty index',
      operations: filters.length,
      leastRatio: 0,
      ours: () => ourIndex(filters).size,
      peer() {
        peerIndex(filters)
        return filters.length
      },
    },
  ]
}

const ourIndex = (filters: readonly string[]): SubscriptionIndex<number> => {
  const index = new SubscriptionIndex<number>()
  filters.forEach((filter, value) => index.add(filter, value))
  return index
}

const peerIndex = (filters: readonly string[]): Qlobber => {
  const index = new Qlobber(AS_MQTT)
  filters.forEach((filter, value) => index.add(filter, value))
  return index
}

interface Churning {
  readonly remove: (filter: string, value: number) => unknown
  readonly add: (filter: string, value: number) => unknown
  readonly match: (topicName: string) => readonly number[]
}

const churn = (filters: readonly string[], topicNames: readonly string[], { remove, add, match }: Churning): number => {
  let sum = 0
  let place = 0
  for (const topicName of topicNames) {
    if (place % 20 === 0) {
      const value = (place / 20) % filters.length
      remove(filters[value]!, value)
      add(filters[value]!, value)
    }
    place++
    sum += sumOf(match(topicName))
  }
  return sum
}

const sumOf = (values: readonly number[]): number => {
  let sum = values.length
  for (const value of values) sum += value
  return sum
}
