import { encode, PacketType } from '@godwit/mqtt-codec'
import { connectBy } from '../broker/connect.ts'
import { Peer } from '../broker/peer.ts'
import { PAYLOAD_BYTES } from './libraries.ts'

const TOPIC_NAME = 'bench'
/** Messages that go out in one write. */
const BURST = 250
/** How long the last message may take after it was published. */
const PATIENCE_MS = 10_000
/** Messages that may be on their way: more would only lie in the broker. */
const WINDOW = 20_000

const PUBLISH = encode(
  {
    type: 'publish',
    topicName: TOPIC_NAME,
    payload: new Uint8Array(PAYLOAD_BYTES).fill(0x78),
    qos: 0,
    retain: false,
    dup: false,
  },
  5,
)
const BURST_BYTES = Buffer.concat(Array.from({ length: BURST }, () => PUBLISH))

/** The other end of what is measured: a Client of few instructions that counts what is published, or publishes what is to be received. */
export class Counterpart {
  received = 0
  readonly #peer: Peer
  #sent = 0
  #waiting: { readonly packetType: number; readonly resolve: () => void } | undefined
  #counted: { readonly count: number; readonly resolve: () => void } | undefined

  private constructor(peer: (onPacket: ConstructorParameters<typeof Peer>[2]) => Peer) {
    this.#peer = peer((_, { firstByte, start, end }) => {
      if (firstByte >> 4 === PacketType.publish) {
        // The payload is whole where the packet is as long as it has to be.
        if (end - start === PUBLISH.length) this.received++
        if (this.received === this.#counted?.count) this.#counted.resolve()
      } else if (firstByte >> 4 === this.#waiting?.packetType) this.#waiting.resolve()
    })
  }

  static async open(port: number): Promise<Counterpart> {
    const stream = await connectBy.tcp(port)
    const counterpart = new Counterpart((onPacket) => new Peer(stream, 5, onPacket))
    const answered = counterpart.#answer(PacketType.connack)
    counterpart.#peer.send(
      encode(
        { type: 'connect', protocolVersion: 5, clientId: 'counterpart', cleanStart: true, keepAliveSeconds: 0 },
        5,
      ),
    )
    await answered
    return counterpart
  }

  async subscribe(): Promise<void> {
    const answered = this.#answer(PacketType.suback)
    const options = {
      topicFilter: TOPIC_NAME,
      qos: 0,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
    } as const
    this.#peer.send(encode({ type: 'subscribe', packetId: 1, subscriptions: [options] }, 5))
    await answered
  }

  /** Resolves when so many have come, all in all. @throws {TypeError} where they do not come */
  counted(count: number): Promise<void> {
    if (this.received === count) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#counted = { count, resolve }
      setTimeout(() => reject(new TypeError(`${this.received} of ${count} messages came`)), PATIENCE_MS).unref()
    })
  }

  /** Publishes up to so many, as far ahead of `received` as may be. */
  flood(count: number, received: number): void {
    while (this.#sent < count && this.#sent - received < WINDOW) {
      this.#peer.send(BURST_BYTES)
      this.#sent += BURST
    }
  }

  close(): void {
    this.#peer.close()
  }

  #answer(packetType: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { packetType, resolve }
    })
  }
}
