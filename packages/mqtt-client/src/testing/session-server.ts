import type { Packet, PublishPacket } from '@godwit/mqtt-codec'
import { publishPacket, ScriptedServer, type ServerConnection } from './scripted-server.ts'

/** A server in miniature that keeps one Session exactly by the book, over connections that are cut when a test says so. */
export class SessionServer extends ScriptedServer {
  /** Payloads in order of acceptance: QoS 1 each time, QoS 2 once. */
  readonly accepted: string[] = []
  /** Answered to the end: PUBACK or PUBCOMP was sent. */
  readonly completed = new Set<string>()
  /** Packets of the client until the next cut; Infinity: none. */
  cutAfterReceived = Infinity
  /** Packets to the client until the next cut. */
  cutAfterSent = Infinity
  #exists = false
  readonly #incoming = new Map<number, string>()
  readonly #outgoing = new Map<number, { packet: PublishPacket; released: boolean; sent: boolean }>()
  #nextId = 0

  constructor() {
    super((packet, connection) => this.#handle(packet, connection))
  }

  loseSession(): void {
    this.#exists = false
  }

  deliver(payload: string, qos: 1 | 2): void {
    const packetId = ++this.#nextId
    const packet = publishPacket('in', payload, qos, packetId)
    this.#outgoing.set(packetId, { packet, released: false, sent: false })
    const last = this.connections.at(-1)
    if (last && !last.closed) this.#flush(last)
  }

  get undelivered(): number {
    return this.#outgoing.size
  }

  #send(connection: ServerConnection, packet: Packet): void {
    if (connection.closed) return
    connection.send(packet)
    if (--this.cutAfterSent <= 0) this.cut(connection)
  }

  cut(connection = this.connections.at(-1)): void {
    this.cutAfterReceived = this.cutAfterSent = Infinity
    if (!connection) return
    connection.closed = true
    connection.destroy()
  }

  #handle(packet: Packet, connection: ServerConnection): void {
    if (connection.closed) return
    if (--this.cutAfterReceived <= 0) return this.cut(connection)
    switch (packet.type) {
      case 'connect': {
        const sessionPresent = this.#exists && !packet.cleanStart
        if (!sessionPresent) {
          this.#incoming.clear()
          this.#outgoing.clear()
        }
        this.#exists = true
        this.#send(connection, { type: 'connack', sessionPresent, reasonCode: 0, properties: { receiveMaximum: 3 } })
        for (const entry of this.#outgoing.values()) if (!entry.released) entry.sent = false
        for (const [packetId, { released }] of this.#outgoing) {
          if (released) this.#send(connection, { type: 'pubrel', packetId, reasonCode: 0 })
        }
        return this.#flush(connection)
      }
      case 'subscribe':
        return this.#send(connection, {
          type: 'suback',
          packetId: packet.packetId,
          reasonCodes: packet.subscriptions.map(({ qos }) => qos),
        })
      case 'publish':
        return this.#publish(packet, connection)
      case 'pubrel': {
        const { packetId } = packet
        const payload = this.#incoming.get(packetId)
        this.#incoming.delete(packetId)
        if (payload !== undefined) this.completed.add(payload)
        return this.#send(connection, { type: 'pubcomp', packetId, reasonCode: payload === undefined ? 0x92 : 0 })
      }
      case 'pubrec': {
        const entry = this.#outgoing.get(packet.packetId)
        if (entry) entry.released = true
        return this.#send(connection, { type: 'pubrel', packetId: packet.packetId, reasonCode: 0 })
      }
      case 'puback':
      case 'pubcomp':
        this.#outgoing.delete(packet.packetId)
        return
      default:
    }
  }

  #publish({ qos, packetId = 0, payload }: PublishPacket, connection: ServerConnection): void {
    const text = new TextDecoder().decode(payload)
    if (qos === 1) {
      this.accepted.push(text)
      this.completed.add(text)
      return this.#send(connection, { type: 'puback', packetId, reasonCode: 0 })
    }
    if (!this.#incoming.has(packetId)) {
      this.#incoming.set(packetId, text)
      this.accepted.push(text)
    }
    return this.#send(connection, { type: 'pubrec', packetId, reasonCode: 0 })
  }

  #flush(connection: ServerConnection): void {
    for (const entry of this.#outgoing.values()) {
      if (entry.sent || connection.closed) continue
      const dup = connection.received.length > 0 && this.connections.length > 1
      entry.sent = true
      this.#send(connection, { ...entry.packet, dup })
    }
  }
}
