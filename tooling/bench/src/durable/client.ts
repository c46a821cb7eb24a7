import { type ConnectPacket, encode, PacketType } from '@godwit/mqtt-codec'
import { connectBy } from '../broker/connect.ts'
import { acknowledgement, packetIdOf, Peer } from '../broker/peer.ts'

/** A Client of 3.1.1 that publishes with QoS 1 or takes what comes, and counts. */
export class Client {
  received = 0
  acknowledged = 0
  readonly #peer: Peer
  #connackCode = -1
  #waiting: { readonly isDone: () => boolean; readonly resolve: () => void } | undefined
  #nextPacketId = 1

  private constructor(peer: (onPacket: ConstructorParameters<typeof Peer>[2]) => Peer) {
    this.#peer = peer((self, scanner) => {
      switch (scanner.firstByte >> 4) {
        case PacketType.connack:
          this.#connackCode = scanner.bytes[scanner.bodyStart + 1]!
          break
        case PacketType.puback:
        case PacketType.suback:
          this.acknowledged++
          break
        case PacketType.publish: {
          this.received++
          const topicBytes = (scanner.bytes[scanner.bodyStart]! << 8) | scanner.bytes[scanner.bodyStart + 1]!
          const at = scanner.bodyStart + 2 + topicBytes
          self.send(acknowledgement(0x40, (scanner.bytes[at]! << 8) | scanner.bytes[at + 1]!))
          break
        }
        default:
          throw new TypeError(`packet ${scanner.firstByte >> 4} #${packetIdOf(scanner)} came`)
      }
      if (this.#waiting?.isDone() !== true) return
      const { resolve } = this.#waiting
      this.#waiting = undefined
      resolve()
    })
  }

  /** @throws {Error} where the broker refuses */
  static async open(port: number, clientId: string, more: Partial<ConnectPacket> = {}): Promise<Client> {
    const stream = await connectBy.tcp(port)
    const client = new Client((onPacket) => new Peer(stream, 4, onPacket))
    const packet = { type: 'connect', protocolVersion: 4, clientId, cleanStart: true, keepAliveSeconds: 0 } as const
    client.#peer.send(encode({ ...packet, ...more }, 4))
    await client.until(() => client.#connackCode !== -1)
    if (client.#connackCode !== 0) {
      client.close()
      throw new Error(`CONNACK ${client.#connackCode}`)
    }
    return client
  }

  /** Waits until something is so that packets change. */
  until(isDone: () => boolean): Promise<void> {
    if (isDone()) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting = { isDone, resolve }
    })
  }

  async subscribe(topicFilter: string): Promise<void> {
    const options = { topicFilter, qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
    const before = this.acknowledged
    this.#peer.send(encode({ type: 'subscribe', packetId: 1, subscriptions: [options] }, 4))
    await this.until(() => this.acknowledged > before)
  }

  /** QoS 1, 64 bytes. */
  publish(topicName: string): void {
    const packetId = this.#nextPacketId
    this.#nextPacketId = (packetId % 65_535) + 1
    this.#peer.send(
      encode({ type: 'publish', topicName, payload: PAYLOAD, qos: 1, retain: false, dup: false, packetId }, 4),
    )
  }

  close(): void {
    this.#peer.close()
  }
}

const PAYLOAD = new Uint8Array(64).fill(0xdb)
