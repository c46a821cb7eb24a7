import type { Packet, PubackPacket, PubcompPacket, PublishPacket, PubrecPacket } from '@godwit/mqtt-codec'

/** CONNACK and acknowledgements: 5.0 from 0x80 on; a Return Code of 3.1.1 is read as one of those. */
export const isRefused = (reasonCode: number): boolean => reasonCode >= 0x80 || (reasonCode >= 1 && reasonCode <= 5)

interface InFlight {
  readonly packet: PublishPacket
  released: boolean
}

/** The sending half of a Session: QoS 1 and 2, within what the server takes at once. */
export class Outgoing {
  readonly #send: (packet: Packet) => void
  /** In the order of sending. */
  readonly #inFlight = new Map<number, InFlight>()
  #waiting: PublishPacket[] = []
  #receiveMaximum = 0
  #last = 0

  constructor(send: (packet: Packet) => void) {
    this.#send = send
  }

  get empty(): boolean {
    return this.#inFlight.size === 0
  }

  get idle(): boolean {
    return this.#inFlight.size === 0 && this.#waiting.length === 0
  }

  /** For SUBSCRIBE and UNSUBSCRIBE: nobody waits for their answers. */
  requestIdentifier(): number {
    return this.#next()
  }

  publish(packet: PublishPacket): void {
    this.#waiting.push(packet)
    this.#pump()
  }

  acknowledged(packet: PubackPacket | PubrecPacket | PubcompPacket): void {
    const { packetId, reasonCode } = packet
    const inFlight = this.#inFlight.get(packetId)
    if (inFlight === undefined) return
    if (packet.type === 'pubrec' && reasonCode < 0x80) {
      inFlight.released = true
      return this.#send({ type: 'pubrel', packetId, reasonCode: 0 })
    }
    this.#inFlight.delete(packetId)
    this.#pump()
  }

  /** A new connection: what was not acknowledged goes out again, in its order. */
  resume(receiveMaximum: number, sessionPresent: boolean): void {
    this.#receiveMaximum = receiveMaximum
    if (sessionPresent) {
      for (const [packetId, { packet, released }] of this.#inFlight) {
        if (released) this.#send({ type: 'pubrel', packetId, reasonCode: 0 })
        else this.#send({ ...packet, dup: true })
      }
    }
    this.#pump()
  }

  clear(): void {
    this.#inFlight.clear()
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#inFlight.size < this.#receiveMaximum) {
      const packetId = this.#next()
      const packet = { ...this.#waiting.shift()!, packetId }
      this.#inFlight.set(packetId, { packet, released: false })
      this.#send(packet)
    }
  }

  #next(): number {
    do {
      this.#last = (this.#last % 0xffff) + 1
    } while (this.#inFlight.has(this.#last))
    return this.#last
  }
}
