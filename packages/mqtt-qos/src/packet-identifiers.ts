import { PacketIdentifierSet } from './packet-identifier-set.ts'
import { MAXIMUM_PACKET_ID, requirePacketId } from './qos-error.ts'

/** Where a SUBSCRIBE or UNSUBSCRIBE gets its identifier from: `PacketIdentifiers`, or a `Sender`, whose PUBLISH packets share the range. */
export interface PacketIdentifierSource {
  /** 1 to 65,535, now in use; 0: none is free. */
  take(): number
  /** False where it was not in use. */
  free(packetId: number): boolean
}

/**
 * Packet Identifiers in use in one direction, and which one to use next. They cycle through 1 to 65,535, so that an identifier is used again as
 * late as possible; memory follows what is in use, not the range (nothing while nothing ever was, 260 bytes for a few).
 *
 * @see MQTT 5.0 §2.2.1
 */
export class PacketIdentifiers implements PacketIdentifierSource {
  readonly #used = new PacketIdentifierSet()
  #last = 0

  get inUse(): number {
    return this.#used.size
  }

  /** The next free identifier, now in use; 0 where all 65,535 are in use [MQTT-2.2.1-3]. */
  take(): number {
    if (this.inUse === MAXIMUM_PACKET_ID) return 0
    let packetId = this.#last
    do packetId = (packetId % MAXIMUM_PACKET_ID) + 1
    while (this.#used.has(packetId))
    this.#used.add(packetId)
    this.#last = packetId
    return packetId
  }

  /** Puts a chosen identifier into use; false where it is in use already. Throws `QosError` outside of 1 to 65,535. */
  reserve(packetId: number): boolean {
    requirePacketId(packetId)
    return this.#used.add(packetId)
  }

  /** False where it was not in use. */
  free(packetId: number): boolean {
    return this.#used.delete(packetId)
  }

  has(packetId: number): boolean {
    return this.#used.has(packetId)
  }

  /** Those in use, ascending. */
  values(): readonly number[] {
    return this.#used.values()
  }

  clear(): void {
    this.#used.clear()
  }
}
