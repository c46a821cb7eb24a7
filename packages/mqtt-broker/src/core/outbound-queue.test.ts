import { describe, expect, it } from 'vitest'
import { OutboundQueue } from './outbound-queue.ts'
import type { QueuedMessage } from './queued-message.ts'

const queued = (number: number): QueuedMessage =>
  ({
    message: { sizeBytes: 10, topicName: String(number) },
    qos: 1,
    retain: false,
    identifiers: undefined,
    group: undefined,
  }) as unknown as QueuedMessage
const names = (queue: OutboundQueue) => [...queue.drain()].map(({ message }) => message.topicName)

describe('OutboundQueue', () => {
  it('gives messages back in order and knows its size', () => {
    const queue = new OutboundQueue()
    for (const number of [1, 2, 3]) queue.push(queued(number))
    expect(queue.length).toBe(3)
    expect(queue.sizeBytes).toBe(30)
    expect(queue.first?.message.topicName).toBe('1')
    expect(names(queue)).toEqual(['1', '2', '3'])
    expect(queue.sizeBytes).toBe(0)
    expect(queue.shift()).toBeUndefined()
  })

  it('puts what comes back before what waits', () => {
    const queue = new OutboundQueue()
    queue.push(queued(1))
    queue.push(queued(2))
    const taken = queue.shift()!
    queue.unshift(taken)
    queue.unshift(queued(0))
    expect(names(queue)).toEqual(['0', '1', '2'])
  })

  it('stays in order over thousands of messages that come and go', () => {
    const queue = new OutboundQueue()
    let next = 0
    let expected = 0
    for (let round = 0; round < 5_000; round++) {
      queue.push(queued(next++))
      queue.push(queued(next++))
      expect(queue.shift()?.message.topicName).toBe(String(expected++))
    }
    expect(queue.length).toBe(5_000)
    for (const name of names(queue)) expect(name).toBe(String(expected++))
  })
})
