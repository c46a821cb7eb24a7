import {
  encode,
  StreamDecoder,
  type AuthPacket,
  type ConnackPacket,
  type ConnectPacket,
  type DisconnectPacket,
  type Packet,
} from '@godwit/mqtt-codec'
import { KeepAlive, SEND_PINGREQ, TIMED_OUT } from '@godwit/mqtt-qos'
import type { ServerInfo } from '../api/client.ts'
import type { ClientOptions } from '../api/options.ts'
import { MqttError, type ErrorCode } from '../errors.ts'
import type { ConnectionAliases } from '../ports/topic-aliases.ts'
import { MAXIMUM_PACKET_SIZE_BYTES } from './defaults.ts'
import type { IncomingMessages } from './incoming.ts'
import { kept } from './kept.ts'
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
  readonly outgoing: OutgoingMessages
  readonly incoming: IncomingMessages
  readonly requests: Requests
}

/** What a connection asks of its owner. */
export interface ConnectionHost {
  /** Bytes wait: `take` them at the end of this turn. */
  bytesWaiting(): void
  /** CONNACK came: called when messages may arrive, and before what waits leaves. */
  online(connack: ConnackPacket): void
  /** Of no use any more: write what waits, and close it. */
  failed(error: MqttError): void
  disconnected(packet: DisconnectPacket): void
  pong(roundTripMs: number): void
  /** Absent: the server may not send AUTH. */
  authentication: ((packet: AuthPacket) => Promise<void>) | undefined
}

export interface Connection {
  /** What the server granted; undefined before CONNACK. */
  readonly server: ServerLimits | undefined
  readonly aliases: ConnectionAliases | undefined
  /** After CONNACK, and not ended. */
  readonly isOnline: boolean
  /** Bytes that wait to be taken. */
  readonly waitingBytes: number
  /** When `tick` is due, monotonic ms; Infinity: never. */
  readonly deadline: number
  /** Bytes from the server; they are read during the call only. Nothing that they say makes it throw. */
  receive(chunk: Uint8Array, now: number): void
  /** Encodes a packet. What comes back is why it cannot be sent: nothing of it was, then. `sent` is called when the transport has it. */
  send(packet: Packet, sent?: () => void): MqttError | undefined
  /** All that waits, and whom to tell when the transport took it. */
  take(now: number): { readonly bytes: Uint8Array; readonly sent: readonly (() => void)[] }
  /** @param isPaused nothing is read for now: the server's silence proves nothing */
  tick(now: number, isPaused: boolean): void
  /** Asks the server whether it is there; false: not online. */
  probe(now: number): boolean
  /** Ends the connection for a reason of our own, telling a server of 5.0. */
  fail(error: MqttError): void
  /** Nothing is read or written from now on, but for what waits and a DISCONNECT. Before CONNACK there is nothing to take leave of. */
  end(packet?: DisconnectPacket): void
}

/**
 * One Network Connection as the protocol sees it, without input and output: bytes and the time go in, bytes and calls of the host come out,
 * and `deadline` says when it wants to be called again. The stream is open, and the owner sends CONNECT. It ends with the connection, and
 * nothing of it is used again.
 */
export function createConnection(
  connect: ConnectPacket,
  { outgoing, incoming, requests }: Session,
  host: ConnectionHost,
  { maximumPacketSizeBytes = MAXIMUM_PACKET_SIZE_BYTES, onPacket, topicAliases }: ClientOptions,
  now: number,
): Connection {
  const version = connect.protocolVersion
  let decoder = new StreamDecoder({ version, maximumPacketSizeBytes })
  let server: ServerLimits | undefined
  let aliases: ConnectionAliases | undefined
  let isOver = false
  let keepAlive = new KeepAlive(0, now)
  let pingedAt = 0
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  let waitingToHear: (() => void)[] = []

  const send: Connection['send'] = (packet, sent) => {
    let bytes
    if (isOver) return undefined
    try {
      bytes = encode(packet, version)
    } catch (cause) {
      // The caller's mistake, such as half of a surrogate pair in a name.
      return new MqttError('INVALID_ARGUMENT', '', { cause })
    }
    if (server && bytes.length > server.maximumPacketSizeBytes)
      return new MqttError('PACKET_TOO_LARGE', '', { reasonCode: PACKET_TOO_LARGE })
    waiting.push(bytes)
    waitingBytes += bytes.length
    if (sent) waitingToHear.push(sent)
    onPacket?.('sent', packet)
    host.bytesWaiting()
    return undefined
  }

  const fail = (error: MqttError) => {
    const { reasonCode } = error
    if (isOver) return
    end(version === 5 && reasonCode ? { type: 'disconnect', reasonCode } : undefined)
    host.failed(error)
  }
  const end = (packet?: DisconnectPacket) => {
    if (packet && server && !isOver && send(packet)) {
      // [MQTT-3.14.2-3] [MQTT-3.14.2-4] Too large for the server: without what only people read.
      const { sessionExpiryIntervalSeconds } = packet.properties ?? {}
      send({
        ...packet,
        properties: sessionExpiryIntervalSeconds === undefined ? {} : { sessionExpiryIntervalSeconds },
      })
    }
    isOver = true
  }
  const refuse = (message: string, reasonCode: number) => {
    const phase = server ? 'session' : 'connect'
    fail(new MqttError(CODES[reasonCode] ?? 'PROTOCOL_ERROR', message, { phase, reasonCode, retryable: true }))
  }
  /** The server ended it. */
  const left = (code: ErrorCode, { reasonCode, properties }: ConnackPacket | DisconnectPacket) => {
    end()
    const phase = server ? 'session' : 'connect'
    host.failed(new MqttError(code, '', { ...properties, phase, reasonCode, retryable: isRetryable(reasonCode) }))
    return 0
  }

  const ping = (now: number) => {
    pingedAt = now
    send({ type: 'pingreq' })
  }

  /** The Reason Code to end the connection with, or 0. */
  const handle = (packet: Packet, now: number): number => {
    if (packet.type === 'auth') return host.authentication?.(packet) ? 0 : PROTOCOL_ERROR
    if (!server) return packet.type === 'connack' ? accepted(packet, now) : PROTOCOL_ERROR
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
        host.pong(now - pingedAt)
        return 0
      case 'disconnect':
        host.disconnected(packet)
        return left('SERVER_DISCONNECTED', packet)
      default:
        return PROTOCOL_ERROR
    }
  }
  const accepted = (packet: ConnackPacket, now: number): number => {
    const { reasonCode, sessionPresent } = packet
    if (reasonCode >= UNSPECIFIED_ERROR) return left('CONNECT_REFUSED', packet)
    // [MQTT-3.2.2-4] We asked for a new Session.
    if (sessionPresent && connect.cleanStart) return PROTOCOL_ERROR
    const properties = kept(packet.properties, 'authenticationData') ?? {}
    server = granted(connect, sessionPresent, properties)
    aliases = version === 5 ? topicAliases?.begin(server.topicAliasMaximum) : undefined
    keepAlive = new KeepAlive(server.keepAliveSeconds, now)
    incoming.start(connection, sessionPresent)
    outgoing.start(connection, server)
    host.online({ ...packet, properties })
    // A listener may have ended it.
    if (isOver) return 0
    requests.start(connection)
    outgoing.unblock(now)
    return 0
  }

  const connection: Connection = {
    get server() {
      return server
    },
    get aliases() {
      return aliases
    },
    get isOnline() {
      return server !== undefined && !isOver
    },
    get waitingBytes() {
      return waitingBytes
    },
    get deadline() {
      return keepAlive.deadlineMs
    },
    receive(chunk, now) {
      // A server of 3.1.1 answers a CONNECT of 5.0 with its own CONNACK, two bytes long; those of 5.0 have three and more.
      if (!server && chunk[0] === 0x20 && chunk[1] === 2)
        decoder = new StreamDecoder({ version: 4, maximumPacketSizeBytes })
      const failure = decoder.push(chunk, (packet) => {
        if (isOver) return
        onPacket?.('received', packet)
        keepAlive.received(now)
        const reasonCode = handle(packet, now)
        if (reasonCode) refuse(`${packet.type} out of place`, reasonCode)
      })
      if (failure) refuse(`${failure.kind} at byte ${failure.offset}: ${failure.message}`, failure.reasonCode)
    },
    send,
    take(now) {
      const taken = { bytes: new Uint8Array(waitingBytes), sent: waitingToHear }
      let at = 0
      for (const part of waiting) {
        taken.bytes.set(part, at)
        at += part.length
      }
      if (at > 0) keepAlive.sent(now)
      waiting = []
      waitingToHear = []
      waitingBytes = 0
      return taken
    },
    tick(now, isPaused) {
      if (isPaused) keepAlive.received(now)
      const due = keepAlive.check(now)
      if (due === SEND_PINGREQ) ping(now)
      if (due === TIMED_OUT)
        fail(new MqttError('KEEP_ALIVE_TIMEOUT', '', { phase: 'session', reasonCode: KEEP_ALIVE_TIMEOUT }))
    },
    probe(now) {
      if (!server || isOver) return false
      keepAlive.probe(now)
      ping(now)
      return true
    },
    fail,
    end,
  }
  return connection
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  [MALFORMED_PACKET]: 'MALFORMED_PACKET',
  [PACKET_TOO_LARGE]: 'PACKET_TOO_LARGE',
}

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
