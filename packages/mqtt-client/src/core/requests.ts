import type { SubackPacket, SubscribePacket, UnsubackPacket, UnsubscribePacket } from '@godwit/mqtt-codec'
import type { PacketIdentifierSource } from '@godwit/mqtt-qos'
import { MqttError } from '../errors.ts'
import type { Connection } from './connection.ts'
import { PROTOCOL_ERROR } from './reason-code.ts'

/** A SUBSCRIBE or UNSUBSCRIBE until its answer. */
export interface Request {
  /** Its Packet Identifier is given when it is sent. */
  readonly packet: Omit<SubscribePacket, 'packetId'> | Omit<UnsubscribePacket, 'packetId'>
  settle(error: MqttError | undefined, reasonCodes?: readonly number[]): void
}

export type Requests = ReturnType<typeof createRequests>

/** SUBSCRIBE and UNSUBSCRIBE, in order: in flight, or waiting for a connection. A lost connection makes them wait again. */
export function createRequests(identifiers: PacketIdentifierSource, report: (error: MqttError) => void) {
  /** With their Packet Identifiers; 0 while they wait. */
  const all = new Map<Request, number>()
  let connection: Connection | undefined

  const pump = () => {
    for (const [request, sent] of all) {
      const packetId = sent || !connection ? 0 : identifiers.take()
      if (packetId === 0) continue
      all.set(request, packetId)
      const error = connection?.send({ ...request.packet, packetId })
      if (error) end(request, packetId, error)
    }
  }
  const end = (request: Request, packetId: number, error: MqttError | undefined, reasonCodes?: readonly number[]) => {
    all.delete(request)
    identifiers.free(packetId)
    request.settle(error, reasonCodes)
  }
  const lost = () => {
    connection = undefined
    for (const [request, packetId] of all) {
      identifiers.free(packetId)
      all.set(request, 0)
    }
  }

  return {
    get outstanding() {
      return all.size
    },

    add(request: Request): void {
      all.set(request, 0)
      pump()
    },

    /** The caller gave up. Waiting: it is never sent. In flight: its identifier stays taken until the answer (false). */
    cancel(request: Request): boolean {
      return all.get(request) === 0 && all.delete(request)
    },

    start(next: Connection): void {
      connection = next
      pump()
    },

    lost,

    /** The Reason Code to end the connection with, or 0. */
    answered({ type, packetId, reasonCodes }: SubackPacket | UnsubackPacket): number {
      for (const [request, own] of all) {
        if (own !== packetId) continue
        const { packet } = request
        const asked = packet.type === 'subscribe' ? packet.subscriptions : packet.topicFilters
        // UNSUBACK of 3.1 and 3.1.1 carries no codes.
        const isWhole = reasonCodes.length === asked.length || (type === 'unsuback' && reasonCodes.length === 0)
        const fits = isWhole && (type === 'suback') === (packet.type === 'subscribe')
        if (fits) end(request, packetId, undefined, reasonCodes)
        else end(request, packetId, new MqttError('PROTOCOL_ERROR'))
        pump()
        return fits ? 0 : PROTOCOL_ERROR
      }
      report(new MqttError('PROTOCOL_ERROR', `${type} to nothing`, { phase: 'session' }))
      return 0
    },

    rejectAll(error: MqttError): void {
      lost()
      for (const [request] of all) end(request, 0, error)
    },
  }
}
