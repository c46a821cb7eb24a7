// What the machines cost: `pnpm bench` in this package. Medians of separate rounds, and heap bytes per machine with --expose-gc.
import { handleReceiverEvent, OutgoingTopicAliases, Receiver, Sender } from '../src/index.ts'

const OPERATIONS = 1_000_000
const ROUNDS = 7

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

function measure(name: string, operation: (count: number) => void): void {
  operation(OPERATIONS)
  const rounds = Array.from({ length: ROUNDS }, () => {
    const started = performance.now()
    operation(OPERATIONS)
    return ((performance.now() - started) * 1e6) / OPERATIONS
  })
  console.log(`${median(rounds).toFixed(1).padStart(8)} ns  ${name}`)
}

const window: number[] = []
for (const size of [1, 64, 1024]) {
  const sender = new Sender({ receiveMaximum: 65_535 })
  window.length = 0
  for (let started = 1; started < size; started += 1) window.push(sender.start(1, undefined))
  let oldest = 0
  measure(`QoS 1 out: start, PUBACK; ${size} in flight`, (count) => {
    for (let done = 0; done < count; done += 1) {
      const packetId = sender.start(1, undefined)
      if (size === 1) sender.onPuback(packetId, 0)
      else {
        sender.onPuback(window[oldest] ?? 0, 0)
        window[oldest] = packetId
        oldest = (oldest + 1) % window.length
      }
    }
  })
}
{
  const sender = new Sender<string>({ receiveMaximum: 20 })
  measure('QoS 1 out, message kept', (count) => {
    for (let done = 0; done < count; done += 1) sender.onPuback(sender.start(1, 'message'), 0)
  })
  measure('QoS 2 out: start, PUBREC, PUBCOMP', (count) => {
    for (let done = 0; done < count; done += 1) {
      const packetId = sender.start(2, undefined)
      sender.onPubrec(packetId, 0)
      sender.onPubcomp(packetId, 0)
    }
  })
}
{
  const receiver = new Receiver({ receiveMaximum: 20 })
  measure('QoS 2 in: PUBLISH, hold, PUBREL', (count) => {
    for (let done = 0; done < count; done += 1) {
      const packetId = (done & 0x7fff) + 1
      receiver.onPublish(2, packetId)
      receiver.hold(packetId)
      receiver.onPubrel(packetId)
    }
  })
  measure('QoS 2 in, by actions', (count) => {
    for (let done = 0; done < count; done += 1) {
      const packetId = (done & 0x7fff) + 1
      handleReceiverEvent(receiver, { type: 'publish-received', qos: 2, packetId })
      handleReceiverEvent(receiver, { type: 'pubrel-received', packetId })
    }
  })
}
{
  const aliases = new OutgoingTopicAliases(16)
  const topicNames = Array.from({ length: 32 }, (_, index) => `site/${index}/temperature`)
  measure('Topic Alias, known', (count) => {
    for (let done = 0; done < count; done += 1) aliases.assign(topicNames[done & 15] ?? '')
  })
  measure('Topic Alias, always new', (count) => {
    for (let done = 0; done < count; done += 1) aliases.assign(topicNames[done & 31] ?? '')
  })
}
if (globalThis.gc !== undefined) {
  const count = 20_000
  memory('Sender and Receiver, never used', count, () => [
    new Sender({ receiveMaximum: 20 }),
    new Receiver({ receiveMaximum: 20 }),
  ])
  memory('the same, idle after 8 messages each way', count, () => {
    const sender = new Sender({ receiveMaximum: 20 })
    const receiver = new Receiver({ receiveMaximum: 20 })
    const packetIds = Array.from({ length: 8 }, () => sender.start(2, undefined))
    for (const packetId of packetIds) {
      sender.onPubrec(packetId, 0)
      sender.onPubcomp(packetId, 0)
      receiver.onPublish(2, packetId)
      receiver.hold(packetId)
      receiver.onPubrel(packetId)
    }
    return [sender, receiver]
  })
}

function memory(name: string, count: number, make: () => unknown): void {
  const kept: unknown[] = Array.from({ length: count })
  const before = used()
  for (let index = 0; index < count; index += 1) kept[index] = make()
  console.log(`${((used() - before) / count).toFixed(0).padStart(8)} B   ${name}`)
  kept.length = 0
}

function used(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
