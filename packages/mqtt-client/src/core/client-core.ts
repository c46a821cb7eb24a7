import {
  decodeFrame,
  encodedLength,
  FrameScanner,
  isDecodeFailure,
  ReasonCode,
  type AuthPacket,
  type ConnackPacket,
  type ConnectPacket,
  type DisconnectPacket,
  type DisconnectProperties,
  type Packet,
  type ProtocolVersion,
} from '@godwit/mqtt-codec'
import { KeepAlive, KeepAliveOutcome } from '@godwit/mqtt-qos'
import { MqttError, type ErrorCode } from '../errors.ts'
import type { OutboxOptions, PacketTap } from '../api/options.ts'
import type { StoreOperation } from '../ports/session-store.ts'
import { serverLimits, type ServerLimits } from './handshake.ts'
import { Inbox, type Delivery } from './inbox.ts'
import type { Outgoing } from './outbox.ts'
import { Output } from './output.ts'
import { Publisher } from './publisher.ts'
import { isRetryable } from './reconnect-policy.ts'
import { Requests, type Request } from './requests.ts'

export interface CoreSettings {
  readonly receiveMaximum: number
  readonly sendMaximum: number
  readonly maximumPacketSizeBytes: number
  readonly topicAliasMaximum: number
  readonly sendTopicAliasMaximum: number
  readonly outbox: OutboxOptions
  readonly tap: PacketTap | undefined
}

/** What the core asks of its owner. No call may come back into the core before it returned, but for `deliver` and `settled`. */
export interface CoreHost {
  /** Bytes wait in `output`: write them at the end of this turn, after what `store` was given is committed. */
  bytesWaiting(): void
  online(connack: ConnackPacket, server: ServerLimits): void
  deliver(delivery: Delivery): void
  /** The connection is of no use any more: write what waits, close it, and call `lost`. */
  failed(error: MqttError): void
  disconnected(packet: DisconnectPacket): void
  authentication(packet: AuthPacket): void
  report(error: MqttError): void
  pong(): void
  store(operation: StoreOperation): void
  wallNow(): number
}

/**
 * The client's protocol, without input and output: bytes and the time go in, bytes and calls of the host come out, and `deadline` says
 * when it wants to be called again. It lives as long as the client and sees one connection after the other.
 */
export class ClientCore {
  readonly output = new Output()
  readonly publisher: Publisher
  readonly inbox: Inbox
  readonly requests: Requests
  readonly #host: CoreHost
  readonly #settings: CoreSettings
  #phase: 'closed' | 'handshake' | 'online' = 'closed'
  #scanner = new FrameScanner()
  #connect: ConnectPacket | undefined
  #version: ProtocolVersion = 5
  #keepAlive = new KeepAlive(0, 0)
  #now = 0
  #maximumPacketSizeBytes = Infinity
  #pingedAt: number | undefined
  roundTripMs: number | undefined
  /** The owner reads nothing for now: the server's silence proves nothing. */
  paused = false
  /** Written since the last flush. */
  #sent: Outgoing[] = []

  constructor(host: CoreHost, settings: CoreSettings) {
    this.#host = host
    this.#settings = settings
    const store = (operation: StoreOperation) => host.store(operation)
    this.publisher = new Publisher(
      {
        sizeOf: (packet) => encodedLength(packet, this.#version),
        write: (packet, item, atMost) => {
          this.#write(packet, atMost)
          if (item) this.#sent.push(item)
        },
        pubrel: (packetId) => this.#write({ type: 'pubrel', packetId, reasonCode: 0 }),
        store,
        wallNow: () => host.wallNow(),
      },
      settings.outbox,
      settings.sendMaximum,
    )
    this.inbox = new Inbox(
      {
        acknowledge: (type, packetId, reasonCode) => this.#write({ type, packetId, reasonCode }),
        deliver: (delivery) => host.deliver(delivery),
        store,
      },
      settings.receiveMaximum,
    )
    this.requests = new Requests(
      { take: () => this.publisher.sender.take(), free: (packetId) => this.publisher.sender.free(packetId) },
      (packet) => this.#request(packet),
    )
  }

  get online(): boolean {
    return this.#phase === 'online'
  }

  get version(): ProtocolVersion {
    return this.#version
  }

  /** When `tick` is due, monotonic ms; Infinity: never. */
  get deadline(): number {
    const { nextExpiry } = this.publisher.outbox
    return this.#phase === 'online' ? Math.min(nextExpiry, this.#keepAlive.deadlineMs) : nextExpiry
  }

  /** A connection is open: CONNECT goes out. */
  open(connect: ConnectPacket, now: number): void {
    const { maximumPacketSizeBytes } = this.#settings
    this.#version = connect.protocolVersion
    this.#scanner = new FrameScanner({ maximumPacketSizeBytes, version: this.#version })
    this.#connect = connect
    this.#phase = 'handshake'
    this.#now = now
    this.#keepAlive = new KeepAlive(0, now)
    this.#pingedAt = undefined
    this.paused = false
    this.#write(connect)
  }

  /** Bytes from the server; they are read during the call only. Nothing that they say makes it throw. */
  receive(chunk: Uint8Array, now: number): void {
    if (this.#phase === 'closed') return
    this.#now = now
    const scanner = this.#scanner
    scanner.push(chunk)
    while (!this.#isClosed() && scanner.next()) {
      // A server of 3.1.1 answers a CONNECT of 5.0 with its own short CONNACK.
      const short = this.#phase === 'handshake' && scanner.end - scanner.bodyStart === 2
      const version = short && scanner.firstByte === 0x20 ? 4 : this.#version
      const packet = decodeFrame(scanner.bytes, scanner.start, scanner.bodyStart, scanner.end, version)
      if (isDecodeFailure(packet))
        return this.#refuse(packet.kind === 'malformed-packet' ? 'MALFORMED_PACKET' : 'PROTOCOL_ERROR', packet)
      this.#settings.tap?.('received', packet)
      this.#keepAlive.received(now)
      this.#handle(own(packet), now)
    }
    const { failure } = scanner
    if (failure && !this.#isClosed())
      this.#refuse(failure.kind === 'packet-too-large' ? 'PACKET_TOO_LARGE' : 'MALFORMED_PACKET', failure)
  }

  /** The connection is gone, whoever ended it. */
  lost(): void {
    this.#phase = 'closed'
    this.output.take()
    this.#sent = []
    this.inbox.lost()
    this.requests.lost()
    this.publisher.lost()
  }

  /** What the bytes in `output` carry: to be given to `flushed` when the transport took them. */
  takeSent(): readonly Outgoing[] {
    const sent = this.#sent
    if (sent.length > 0) this.#sent = []
    return sent
  }

  flushed(sent: readonly Outgoing[]): void {
    for (const item of sent) {
      item.sent()
      if (item.packet.qos === 0) item.settled(undefined, { reasonCode: 0 })
    }
  }

  tick(now: number): void {
    this.#now = now
    this.publisher.expire(now)
    if (this.#phase !== 'online') return
    if (this.paused) this.#keepAlive.received(now)
    const due = this.#keepAlive.check(now)
    if (due === KeepAliveOutcome.sendPingreq) this.#ping()
    if (due === KeepAliveOutcome.timedOut) {
      this.fail(
        new MqttError('KEEP_ALIVE_TIMEOUT', 'no answer to PINGREQ', {
          phase: 'session',
          reasonCode: ReasonCode.KeepAliveTimeout,
          retryable: true,
        }),
      )
    }
  }

  /** Asks the server whether it is there; false: not online. */
  probe(now: number): boolean {
    this.#now = now
    if (this.#phase !== 'online') return false
    this.#keepAlive.probe(now)
    this.#ping()
    return true
  }

  publish(item: Outgoing, now: number): void {
    this.#now = now
    this.publisher.publish(item, now)
  }

  request(request: Request): void {
    this.requests.add(request)
  }

  authenticate(reasonCode: number, authenticationMethod: string, authenticationData: Uint8Array | undefined): void {
    const data = authenticationData && { authenticationData }
    if (this.#phase !== 'closed')
      this.#write({ type: 'auth', reasonCode, properties: { authenticationMethod, ...data } })
  }

  /** DISCONNECT; nothing is read or written after it. */
  disconnect(reasonCode: number, properties?: DisconnectProperties): void {
    // A Session that ends with the connection cannot be made longer, and before CONNACK there is nothing to take leave of.
    if (this.#phase === 'online')
      this.#write(this.#fitting({ type: 'disconnect', reasonCode, ...(properties && { properties }) }))
    this.#phase = 'closed'
  }

  /** Ends the connection for a reason of our own, telling the server where it can be told. */
  fail(error: MqttError): void {
    if (this.#phase === 'closed') return
    const { reasonCode } = error
    if (this.#phase === 'online' && this.#version === 5 && reasonCode) this.#write({ type: 'disconnect', reasonCode })
    this.#phase = 'closed'
    this.#host.failed(error)
  }

  #handle(packet: Packet, now: number): void {
    if (this.#phase === 'handshake') {
      if (packet.type === 'connack') return this.#connack(packet, now)
      if (packet.type === 'auth' && this.#version === 5) return this.#host.authentication(packet)
      return this.#protocolError(`${packet.type} before CONNACK`)
    }
    switch (packet.type) {
      case 'publish': {
        const reasonCode = this.inbox.publish(packet)
        return reasonCode ? this.#protocolError('a PUBLISH that breaks the rules', reasonCode) : undefined
      }
      case 'puback':
      case 'pubrec':
      case 'pubcomp':
        return this.publisher[packet.type](packet, now) ? this.#protocolError(`${packet.type} out of place`) : undefined
      case 'pubrel':
        return this.inbox.pubrel(packet.packetId)
      case 'suback':
      case 'unsuback': {
        const wrong = this.requests.answered(packet)
        if (wrong === 'mismatch') return this.#protocolError(`${packet.type} of another length`)
        if (wrong) this.#host.report(new MqttError('PROTOCOL_ERROR', `${packet.type} to nothing`, { phase: 'session' }))
        return this.requests.pump()
      }
      case 'pingresp':
        if (this.#pingedAt !== undefined) this.roundTripMs = now - this.#pingedAt
        this.#pingedAt = undefined
        return this.#host.pong()
      case 'auth':
        return this.#host.authentication(packet)
      case 'disconnect':
        this.#phase = 'closed'
        this.#host.disconnected(packet)
        return this.#host.failed(refusal('SERVER_DISCONNECTED', 'the server ended the connection', 'session', packet))
      default:
        return this.#protocolError(`${packet.type} from a server`)
    }
  }

  #connack(packet: ConnackPacket, now: number): void {
    const connect = this.#connect
    if (!connect) return
    if (packet.reasonCode >= 0x80) {
      this.#phase = 'closed'
      return this.#host.failed(refusal('CONNECT_REFUSED', 'the server refused the connection', 'connect', packet))
    }
    // [MQTT-3.2.2-4] We asked for a new Session.
    if (packet.sessionPresent && connect.cleanStart) return this.#protocolError('Session Present after Clean Start')
    const server = serverLimits(connect, packet)
    this.#phase = 'online'
    this.#maximumPacketSizeBytes = server.maximumPacketSizeBytes
    this.#keepAlive = new KeepAlive(server.keepAliveSeconds, now)
    this.inbox.start(packet.sessionPresent, this.#settings.topicAliasMaximum)
    this.#host.online(packet, server)
    this.requests.start()
    this.publisher.start(server, packet.sessionPresent, this.#settings.sendTopicAliasMaximum, now)
  }

  #protocolError(message: string, reasonCode: number = ReasonCode.ProtocolError): void {
    this.#refuse('PROTOCOL_ERROR', { message, reasonCode })
  }

  #refuse(code: ErrorCode, { message, reasonCode }: { readonly message: string; readonly reasonCode: number }): void {
    this.fail(new MqttError(code, message, { phase: this.online ? 'session' : 'connect', reasonCode, retryable: true }))
  }

  #isClosed(): boolean {
    return this.#phase === 'closed'
  }

  #ping(): void {
    this.#pingedAt = this.#now
    this.#write({ type: 'pingreq' })
  }

  /** [MQTT-3.14.2-3] [MQTT-3.14.2-4] A DISCONNECT that is too large for the server goes without what only people read. */
  #fitting(packet: DisconnectPacket): DisconnectPacket {
    if (encodedLength(packet, this.#version) <= this.#maximumPacketSizeBytes) return packet
    const { reasonString: _, userProperties: __, ...properties } = packet.properties ?? {}
    return {
      type: 'disconnect',
      reasonCode: packet.reasonCode,
      ...(Object.keys(properties).length > 0 && { properties }),
    }
  }

  /** False: larger than the server takes; nothing was written. */
  #request(packet: Packet): boolean {
    if (encodedLength(packet, this.#version) > this.#maximumPacketSizeBytes) return false
    this.#write(packet)
    return true
  }

  #write(packet: Packet, atMost?: number): void {
    this.output.append(packet, this.#version, atMost)
    this.#keepAlive.sent(this.#now)
    this.#settings.tap?.('sent', packet)
    this.#host.bytesWaiting()
  }
}

/** Binary data of a decoded packet is a view of the read buffer, which lives as long as the call; what is handed on is kept. */
function own(packet: Packet): Packet {
  if (packet.type === 'publish') {
    const { payload, properties } = packet
    const correlationData = properties?.correlationData?.slice()
    return {
      ...packet,
      payload: payload.slice(),
      ...(correlationData && { properties: { ...properties, correlationData } }),
    }
  }
  if (packet.type !== 'connack' && packet.type !== 'auth') return packet
  const authenticationData = packet.properties?.authenticationData?.slice()
  return authenticationData ? { ...packet, properties: { ...packet.properties, authenticationData } } : packet
}

function refusal(
  code: ErrorCode,
  message: string,
  phase: 'connect' | 'session',
  { reasonCode, properties }: ConnackPacket | DisconnectPacket,
): MqttError {
  const { reasonString, serverReference } = properties ?? {}
  const details = { phase, reasonCode, reasonString, serverReference, retryable: isRetryable(reasonCode) }
  return new MqttError(
    code,
    reasonString ? `${message}: ${reasonString}` : `${message} (0x${reasonCode.toString(16)})`,
    details,
  )
}
