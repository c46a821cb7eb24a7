import { encode } from '@godwit/mqtt-codec'
import { connectBy } from './broker/connect.ts'
import { Peer } from './broker/peer.ts'
import { hello, nowMs, pass, subscribe } from './overload/wire.ts'

/**
 * Ten pairs at QoS 0: `node overload-flood.mjs '{"port":1883,...}'`. First in a closed loop of 100 messages a pair, for the
 * broker's rate; then as many times that as is asked for, whatever the broker does; then in the closed loop again. It sends
 * packets that lie ready and counts bytes, so one core can ask for more than another can do. Prints one line of JSON.
 */
export interface FloodRequest {
  readonly port: number
  readonly closedSeconds: number
  readonly overloadSeconds: number
  readonly times: number
}

export interface FloodResult {
  /** Messages a second in the closed loop. */
  readonly peak: number
  /** Messages a second that arrived under overload. */
  readonly goodput: number
  /** How many times the peak the sockets took, of what was asked for. */
  readonly offeredTimes: number
  /** From the end of the overload until the closed loop runs at 80 % of the peak; Infinity is `null`. */
  readonly recoveredMs: number | null
  /** When the overload began and ended, in milliseconds of the monotonic clock. */
  readonly beganMs: number
  readonly endedMs: number
}

const PAIRS = 10
const WINDOW = 100
const PAYLOAD = new Uint8Array(64).fill(0xdb)
/** What a socket may hold back, as a device would that gives up. */
const MOST_HELD_BYTES = 256 * 1024
const STEP_MS = 5

class Pair {
  readonly #publisher: Peer
  readonly #burst: Uint8Array
  readonly #messageBytes: number
  #receivedBytes = 0
  #sent = 0
  #isClosedLoop = false

  constructor(publisher: Peer, topicName: string) {
    const packet = encode({ type: 'publish', topicName, payload: PAYLOAD, qos: 0, retain: false, dup: false }, 4)
    this.#publisher = publisher
    this.#messageBytes = packet.length
    this.#burst = Buffer.concat(Array.from({ length: WINDOW }, () => packet))
  }

  get received(): number {
    return this.#receivedBytes / this.#messageBytes
  }

  arrived(bytes: number): void {
    this.#receivedBytes += bytes
    if (this.#isClosedLoop) this.send(WINDOW - (this.#sent - this.received))
  }

  /** From here on what is on its way is kept at the window. */
  close(): void {
    this.#sent = this.received
    this.#isClosedLoop = true
    this.send(WINDOW)
  }

  open(): void {
    this.#isClosedLoop = false
  }

  /** How many of so many messages the socket took. */
  send(messages: number): number {
    let left = Math.floor(messages)
    while (left > 0 && this.#publisher.heldBytes < MOST_HELD_BYTES) {
      const now = Math.min(left, WINDOW)
      this.#publisher.send(this.#burst.subarray(0, now * this.#messageBytes))
      left -= now
    }
    this.#sent += Math.floor(messages) - left
    return Math.floor(messages) - left
  }
}

const { port, closedSeconds, overloadSeconds, times } = JSON.parse(process.argv[2]!) as FloodRequest
const pairs: Pair[] = []
for (let number = 0; number < PAIRS; number++) {
  const topicName = `flood/${number}`
  const publisher = new Peer(await connectBy.tcp(port), 4, () => {})
  await hello(publisher, `flood-publisher-${number}`)
  const pair = new Pair(publisher, topicName)
  const subscriber = new Peer(await connectBy.tcp(port), 4, (_, { firstByte, start, end }) => {
    if (firstByte >> 4 === 3) pair.arrived(end - start)
  })
  await hello(subscriber, `flood-subscriber-${number}`)
  await subscribe(subscriber, topicName)
  pairs.push(pair)
}
const received = (): number => pairs.reduce((sum, pair) => sum + pair.received, 0)
const rateOver = async (milliseconds: number): Promise<number> => {
  const [before, began] = [received(), nowMs()]
  await pass(milliseconds)
  return (received() - before) / ((nowMs() - began) / 1000)
}

for (const pair of pairs) pair.close()
await pass(1000)
const peak = await rateOver(closedSeconds * 1000)
for (const pair of pairs) pair.open()

const beganMs = nowMs()
let offered = 0
let owed = 0
let stepped = beganMs
const steps = setInterval(() => {
  const now = nowMs()
  owed = (peak * times * (now - stepped)) / 1000
  stepped = now
  for (const pair of pairs) offered += pair.send(owed / PAIRS)
}, STEP_MS)
const goodput = await rateOver(overloadSeconds * 1000)
clearInterval(steps)
const endedMs = nowMs()

// What is on its way arrives, or has been dropped.
for (let before = -1; before !== received();) {
  before = received()
  await pass(100)
}
for (const pair of pairs) pair.close()
let recoveredMs: number | null = null
while (recoveredMs === null && nowMs() - endedMs < 30_000) {
  if ((await rateOver(250)) >= 0.8 * peak) recoveredMs = nowMs() - endedMs
}
const offeredTimes = offered / ((endedMs - beganMs) / 1000) / peak
const result: FloodResult = { peak, goodput, offeredTimes, recoveredMs, beganMs, endedMs }
console.log(JSON.stringify(result))
process.exit()
