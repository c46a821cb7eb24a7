import type { SubackPacket, SubscribePacket, UnsubackPacket, UnsubscribePacket } from '@godwit/mqtt-codec'
import type { PacketIdentifierSource } from '@godwit/mqtt-qos'
import { MqttError } from '../errors.ts'
import type { Connection } from './connection.ts'
import { PROTOCOL_ERROR } from './reason-code.ts'

/** A SUBSCRIBE or UNSUBSCRIBE until its answer. */
export interface Request {
  /** Given when it is sent; 0 while it waits for a connection. */
  packetId: number
  readonly packet: Omit<SubscribePacket, 'packetId'> | Omit<UnsubscribePacket, 'packetId'>
  settle(error: MqttError | undefined, reasonCodes?: readonly number[]): void
}

/** SUBSCRIBE and UNSUBSCRIBE, in order: in flight, or waiting for a connection. A lost connection makes them wait again. */
export class Requests {
  readonly #identifiers: PacketIdentifierSource
  readonly #report: (error: MqttError) => void
  /** In the order in which they were asked for. */
  readonly #all = new Set<Request>()
  #connection: Connection | undefined

  constructor(identifiers: PacketIdentifierSource, report: (error: MqttError) => void) {
    this.#identifiers = identifiers
    this.#report = report
  }

  get outstanding(): number {
    return this.#all.size
  }

  add(request: Request): void {
    this.#all.add(request)
    this.#pump()
  }

  /** The caller gave up. Waiting: it is never sent. In flight: its identifier stays taken until the answer (false). */
  cancel(request: Request): boolean {
    return !request.packetId && this.#all.delete(request)
  }

  start(next: Connection): void {
    this.#connection = next
    this.#pump()
  }

  lost(): void {
    this.#connection = undefined
    for (const request of this.#all) {
      this.#identifiers.free(request.packetId)
      request.packetId = 0
    }
  }

  /** The Reason Code to end the connection with, or 0. */
  answered({ type, packetId, reasonCodes }: SubackPacket | UnsubackPacket): number {
    const request = this.#find(packetId)
    if (!request) {
      this.#report(new MqttError('PROTOCOL_ERROR', `${type} to nothing`, { phase: 'session' }))
      return 0
    }
    const { packet } = request
    const asked = packet.type === 'subscribe' ? packet.subscriptions : packet.topicFilters
    // UNSUBACK of 3.1 and 3.1.1 carries no codes.
    const isWhole = reasonCodes.length === asked.length || (type === 'unsuback' && reasonCodes.length === 0)
    const fits = isWhole && (type === 'suback') === (packet.type === 'subscribe')
    if (fits) this.#end(request, undefined, reasonCodes)
    else this.#end(request, new MqttError('PROTOCOL_ERROR'))
    this.#pump()
    return fits ? 0 : PROTOCOL_ERROR
  }

  rejectAll(error: MqttError): void {
    this.lost()
    for (const request of this.#all) this.#end(request, error)
  }

  /** Mostly the first: answers come in the order of what was asked. */
  #find(packetId: number): Request | undefined {
    for (const request of this.#all) if (request.packetId === packetId) return request
    return undefined
  }

  #pump(): void {
    for (const request of this.#all) {
      if (request.packetId || !this.#connection) continue
      request.packetId = this.#identifiers.take()
      const { packet, packetId } = request
      const error = packetId ? this.#connection.send({ ...packet, packetId }) : undefined
      if (error) this.#end(request, error)
    }
  }
  #end(request: Request, error: MqttError | undefined, reasonCodes?: readonly number[]): void {
    this.#all.delete(request)
    this.#identifiers.free(request.packetId)
    request.settle(error, reasonCodes)
  }
}
