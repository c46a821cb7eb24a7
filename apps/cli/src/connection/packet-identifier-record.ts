import type { PublishPacket } from '@godwit/mqtt-codec'
import type { Message } from '@godwit/mqtt-client'

/**
 * The Packet Identifier of a message, for `%m`: the client does not hand it out, because an application has no use for it. Messages
 * arrive in the order of their packets; a packet that became no message (a repeat at QoS 2) is passed over.
 */
export class PacketIdentifierRecord {
  #packets: { topicName: string; packetId: number; qos: number }[] = []

  note({ topicName, qos, packetId }: PublishPacket): void {
    if (packetId !== undefined && qos > 0) this.#packets.push({ topicName, packetId, qos })
  }

  take({ topicName, qos }: Pick<Message, 'topicName' | 'qos'>): number | undefined {
    if (qos === 0) return undefined
    // A Topic Alias leaves the name empty.
    const at = this.#packets.findIndex(
      (packet) => packet.qos === qos && (packet.topicName === topicName || packet.topicName === ''),
    )
    const packet = this.#packets[at]
    if (packet !== undefined) this.#packets = this.#packets.slice(at + 1)
    return packet?.packetId
  }
}
