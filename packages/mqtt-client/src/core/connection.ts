import { inPieces, spareOr } from '#fast-paths'
import type { AuthPacket, ConnackPacket, ConnectPacket, DisconnectPacket, Packet } from '@godwit/mqtt-codec'
import { packetReader, writePacket, type PacketReader } from '@godwit/mqtt-codec/client'
import { KeepAlive, SEND_PINGREQ, TIMED_OUT } from '@godwit/mqtt-qos'
import type { ServerInfo } from '../api/client.ts'
import type { ClientOptions } from '../api/options.ts'
import type { PublishResult } from '../api/publish.ts'
import { MqttError, type ErrorCode, type ErrorPhase } from '../errors.ts'
import type { ConnectionAliases } from '../ports/topic-aliases.ts'
import { MAXIMUM_PACKET_SIZE_BYTES } from './defaults.ts'
import type { IncomingMessages } from './incoming.ts'
import type { OutgoingMessages } from './outgoing.ts'
import {
  KEEP_ALIVE_TIMEOUT,
  MALFORMED_PACKET,
  PACKET_TOO_LARGE,
  PROTOCOL_ERROR,
  UNSPECIFIED_ERROR,
} from './reason-code.ts'
import { isRetryable } from './reconnect-policy.ts'
import type { Requests } from './requests.ts'

export type ServerLimits = Omit<ServerInfo, 'url'>

/** What outlives a connection. */
export interface Session {
  readonly options: ClientOptions
  readonly outgoing: OutgoingMessages
  readonly incoming: IncomingMessages
  readonly requests: Requests
}

/** What a connection asks of its owner. */
export interface ConnectionHost {
  /** Bytes wait: `take` them at the end of this turn. */
  bytesWaiting(): void
  /** CONNACK came: called when messages may arrive, and before what waits leaves. */
  accepted(connack: ConnackPacket): void
  /** Of no use any more: write what waits, and close it. */
  failed(error: MqttError): void
  disconnected(packet: DisconnectPacket): void
  pong(roundTripMs: number): void
  /** False: the server may not send AUTH. */
  authenticate(packet: AuthPacket): boolean
}

/**
 * One Network Connection as the protocol sees it, without input and output: bytes and the time go in, bytes and calls of the host come out,
 * and `deadline` says when it wants to be called again. The stream is open, and the owner sends CONNECT. It ends with the connection, and
 * nothing of it is used again.
 */
export class Connection {
  /** What the server granted; undefined before CONNACK. */
  server: ServerLimits | undefined
  aliases: ConnectionAliases | undefined
  /** Not ended. */
  isOpen = true
  readonly #connect: ConnectPacket
  readonly #session: Session
  readonly #host: ConnectionHost
  readonly #read: PacketReader
  #keepAlive: KeepAlive
  #pingedAt = 0
  #buffer = NO_BYTES
  #length = 0
  #written: Promise<PublishResult> | undefined
  #tellWritten: ((error?: MqttError) => void) | undefined

  constructor(connect: ConnectPacket, session: Session, host: ConnectionHost, now: number) {
    const { maximumPacketSizeBytes = MAXIMUM_PACKET_SIZE_BYTES } = session.options
    this.#connect = connect
    this.#session = session
    this.#host = host
    this.#read = inPieces(packetReader(connect.protocolVersion, maximumPacketSizeBytes))
    this.#keepAlive = new KeepAlive(0, now)
  }

  /** Bytes that wait to be taken. */
  get waitingBytes(): number {
    return this.#length
  }
  /** When `tick` is due, monotonic ms; Infinity: never. */
  get deadline(): number {
    return this.#keepAlive.deadlineMs
  }
  /** Resolves when the transport took the bytes that wait now. Many share it: QoS 0 needs no promise of its own. */
  get whenWritten(): Promise<PublishResult> {
    return (this.#written ??= new Promise((resolve, reject) => {
      this.#tellWritten = (error) => (error ? reject(error) : resolve(SENT))
    }))
  }

  /** Bytes from the server; they are read during the call only. Nothing that they say makes it throw. */
  receive(chunk: Uint8Array, now: number): void {
    const failure = this.#read(chunk, (packet) => {
      if (!this.isOpen) return
      this.#session.options.onPacket?.('received', packet)
      this.#keepAlive.received(now)
      const reasonCode = this.#handle(packet, now)
      if (reasonCode) this.#refuse(`${packet.type} out of place`, reasonCode)
    })
    if (failure) this.#refuse(`malformed at byte ${failure.offset}: ${failure.message}`, failure.reasonCode)
  }

  /** Encodes a packet. What comes back is why it cannot be sent: nothing of it was, then. */
  send(packet: Packet): MqttError | undefined {
    if (!this.isOpen) return undefined
    const { protocolVersion } = this.#connect
    const { onPacket } = this.#session.options
    const { server } = this
    const start = this.#length
    const buffer = start ? this.#buffer : (this.#buffer = spareOr(this.#buffer))
    const end = writePacket(packet, protocolVersion, buffer, start)
    // The caller's mistake, such as half of a surrogate pair in a name.
    if (typeof end === 'object') return new MqttError('INVALID_ARGUMENT', end.message)
    if (server && end - start > server.maximumPacketSizeBytes)
      return new MqttError('PACKET_TOO_LARGE', '', { reasonCode: PACKET_TOO_LARGE })
    if (end > buffer.length) {
      // Writing past the end has counted how long it is.
      this.#buffer = new Uint8Array(end * 2)
      this.#buffer.set(buffer.subarray(0, start))
      writePacket(packet, protocolVersion, this.#buffer, start)
    }
    // Read back, so that the tap sees what really leaves.
    if (onPacket)
      packetReader(protocolVersion, Infinity)(this.#buffer.subarray(start, end), (written) => onPacket('sent', written))
    this.#length = end
    this.#host.bytesWaiting()
    return undefined
  }

  /** All that waits. `tellWritten` settles `whenWritten`, where somebody asked for it: with an error where the transport never takes them. */
  take(now: number): { readonly bytes: Uint8Array; readonly tellWritten: ((error?: MqttError) => void) | undefined } {
    const taken = { bytes: this.#buffer.subarray(0, this.#length), tellWritten: this.#tellWritten }
    if (this.#length) this.#keepAlive.sent(now)
    this.#buffer = NO_BYTES
    this.#length = 0
    this.#written = this.#tellWritten = undefined
    return taken
  }

  /** @param isPaused nothing is read for now: the server's silence proves nothing */
  tick(now: number, isPaused: boolean): void {
    if (isPaused) this.#keepAlive.received(now)
    const due = this.#keepAlive.check(now)
    if (due === SEND_PINGREQ) this.probe(now)
    if (due === TIMED_OUT)
      this.fail(new MqttError('KEEP_ALIVE_TIMEOUT', '', { phase: 'session', reasonCode: KEEP_ALIVE_TIMEOUT }))
  }

  /** Asks the server whether it is there. */
  probe(now: number): void {
    this.#keepAlive.probe((this.#pingedAt = now))
    this.send({ type: 'pingreq' })
  }

  /** Ends the connection for a reason of our own, telling a server of 5.0. */
  fail(error: MqttError): void {
    const { reasonCode } = error
    if (!this.isOpen) return
    this.end(this.#connect.protocolVersion === 5 && reasonCode ? { type: 'disconnect', reasonCode } : undefined)
    this.#host.failed(error)
  }

  /** Nothing is read or written from now on, but for what waits and a DISCONNECT. Before CONNACK there is nothing to take leave of. */
  end(packet?: DisconnectPacket): void {
    if (packet && this.server && this.send(packet)) {
      // [MQTT-3.14.2-3] [MQTT-3.14.2-4] Too large for the server: without what only people read.
      const { sessionExpiryIntervalSeconds } = packet.properties ?? {}
      this.send({ ...packet, properties: { sessionExpiryIntervalSeconds } as DisconnectPacket['properties'] & {} })
    }
    this.isOpen = false
  }

  get #phase(): ErrorPhase {
    return this.server ? 'session' : 'connect'
  }
  #refuse(message: string, reasonCode: number): void {
    const code =
      reasonCode === MALFORMED_PACKET
        ? 'MALFORMED_PACKET'
        : reasonCode === PACKET_TOO_LARGE
          ? 'PACKET_TOO_LARGE'
          : 'PROTOCOL_ERROR'
    this.fail(new MqttError(code, message, { phase: this.#phase, reasonCode, retryable: true }))
  }
  /** The server ended it. */
  #left(code: ErrorCode, { reasonCode, properties }: ConnackPacket | DisconnectPacket): 0 {
    const retryable = isRetryable(reasonCode)
    this.end()
    this.#host.failed(new MqttError(code, '', { ...properties, phase: this.#phase, reasonCode, retryable }))
    return 0
  }

  /** The Reason Code to end the connection with, or 0. */
  #handle(packet: Packet, now: number): number {
    const { outgoing, incoming, requests } = this.#session
    const host = this.#host
    if (packet.type === 'auth') return host.authenticate(packet) ? 0 : PROTOCOL_ERROR
    if (!this.server) return packet.type === 'connack' ? this.#accepted(packet, now) : PROTOCOL_ERROR
    switch (packet.type) {
      case 'publish':
        return incoming.publish(packet)
      case 'pubrel':
        return incoming.pubrel(packet.packetId)
      case 'puback':
      case 'pubrec':
      case 'pubcomp':
        return outgoing.acknowledged(packet, now)
      case 'suback':
      case 'unsuback':
        return requests.answered(packet)
      case 'pingresp':
        host.pong(now - this.#pingedAt)
        return 0
      case 'disconnect':
        host.disconnected(packet)
        return this.#left('SERVER_DISCONNECTED', packet)
      default:
        return PROTOCOL_ERROR
    }
  }
  #accepted(packet: ConnackPacket, now: number): number {
    const { outgoing, incoming, requests } = this.#session
    const { reasonCode, sessionPresent, properties = {} } = packet
    const connect = this.#connect
    if (reasonCode >= UNSPECIFIED_ERROR) return this.#left('CONNECT_REFUSED', packet)
    // [MQTT-3.2.2-4] We asked for a new Session.
    if (sessionPresent && connect.cleanStart) return PROTOCOL_ERROR
    const server = (this.server = granted(connect, sessionPresent, properties))
    if (server.version === 5) this.aliases = this.#session.options.topicAliases?.begin(server.topicAliasMaximum)
    this.#keepAlive = new KeepAlive(server.keepAliveSeconds, now)
    incoming.start(this, sessionPresent)
    outgoing.start(this, server)
    this.#host.accepted({ ...packet, properties })
    // A listener may have ended it.
    if (!this.isOpen) return 0
    outgoing.release()
    requests.start(this)
    outgoing.unblock(now)
    return 0
  }
}

const NO_BYTES = new Uint8Array()

/** Of what gets no answer. */
export const SENT: PublishResult = { reasonCode: 0 }

/** What the server granted, with the specification's default for each property that it left out (section 3.2.2.3). */
const granted = (
  { protocolVersion, clientId, keepAliveSeconds, properties: asked }: ConnectPacket,
  sessionPresent: boolean,
  properties: NonNullable<ConnackPacket['properties']>,
): ServerLimits => ({
  sessionExpiryIntervalSeconds: asked?.sessionExpiryIntervalSeconds ?? 0,
  receiveMaximum: 65_535,
  maximumPacketSizeBytes: 268_435_460,
  topicAliasMaximum: 0,
  maximumQos: 2,
  retainAvailable: true,
  wildcardSubscriptionAvailable: true,
  sharedSubscriptionAvailable: true,
  subscriptionIdentifiersAvailable: true,
  ...properties,
  version: protocolVersion,
  clientId: properties.assignedClientId ?? clientId,
  keepAliveSeconds: properties.serverKeepAliveSeconds ?? keepAliveSeconds,
  sessionPresent,
  properties,
})
