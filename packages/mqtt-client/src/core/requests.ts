import type { SubackPacket, SubscribePacket, UnsubackPacket, UnsubscribePacket } from '@godwit/mqtt-codec'
import type { PacketIdentifierSource } from '@godwit/mqtt-qos'
import { MqttError } from '../errors.ts'
import { packetTooLarge } from './publisher.ts'

type RequestPacket = SubscribePacket | UnsubscribePacket

/** A SUBSCRIBE or UNSUBSCRIBE until its answer. */
export interface Request {
  /** Its Packet Identifier is given when it is sent. */
  readonly packet: RequestPacket
  settled(error: MqttError | undefined, answer?: SubackPacket | UnsubackPacket): void
}

/** SUBSCRIBE and UNSUBSCRIBE: in flight by Packet Identifier, or waiting for a connection. A lost connection makes them wait again. */
export class Requests {
  readonly #identifiers: PacketIdentifierSource
  /** False: larger than the server takes. */
  readonly #send: (packet: RequestPacket) => boolean
  readonly #inFlight = new Map<number, Request>()
  #waiting: Request[] = []
  #online = false

  constructor(identifiers: PacketIdentifierSource, send: (packet: RequestPacket) => boolean) {
    this.#identifiers = identifiers
    this.#send = send
  }

  get outstanding(): number {
    return this.#inFlight.size + this.#waiting.length
  }

  add(request: Request): void {
    this.#waiting.push(request)
    this.pump()
  }

  /** The caller gave up. Waiting: it is never sent. In flight: its identifier stays taken until the answer (false). */
  cancel(request: Request): boolean {
    const at = this.#waiting.indexOf(request)
    if (at >= 0) this.#waiting.splice(at, 1)
    return at >= 0
  }

  start(): void {
    this.#online = true
    this.pump()
  }

  lost(): void {
    this.#online = false
    this.#waiting = [...this.#inFlight.values(), ...this.#waiting]
    for (const packetId of this.#inFlight.keys()) this.#identifiers.free(packetId)
    this.#inFlight.clear()
  }

  pump(): void {
    while (this.#online) {
      const request = this.#waiting[0]
      const packetId = request ? this.#identifiers.take() : 0
      if (!request || packetId === 0) return
      this.#waiting.shift()
      this.#inFlight.set(packetId, request)
      try {
        if (this.#send({ ...request.packet, packetId })) continue
        request.settled(packetTooLarge())
      } catch (cause) {
        request.settled(new MqttError('INVALID_ARGUMENT', 'this cannot be encoded', { cause }))
      }
      this.#take(packetId)
    }
  }

  /** What is wrong with the answer, if anything. */
  answered(packet: SubackPacket | UnsubackPacket): 'unknown' | 'mismatch' | undefined {
    const request = this.#inFlight.get(packet.packetId)
    if (!request) return 'unknown'
    const asked = request.packet.type === 'subscribe' ? request.packet.subscriptions : request.packet.topicFilters
    const codes = packet.reasonCodes.length
    // UNSUBACK of 3.1 and 3.1.1 carries no codes.
    const counts = codes === asked.length || (codes === 0 && packet.type === 'unsuback')
    this.#take(packet.packetId)
    if (counts && packet.type.startsWith(request.packet.type.slice(0, 3))) request.settled(undefined, packet)
    else request.settled(new MqttError('PROTOCOL_ERROR', `${packet.type} does not fit the request`))
    return counts ? undefined : 'mismatch'
  }

  rejectAll(error: MqttError): void {
    this.lost()
    for (const request of this.#waiting.splice(0)) request.settled(error)
  }

  #take(packetId: number): void {
    this.#inFlight.delete(packetId)
    this.#identifiers.free(packetId)
  }
}
