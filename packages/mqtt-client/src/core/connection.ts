import { inPieces, spareOr } from '#fast-paths'
import type { AuthPacket, ConnackPacket, ConnectPacket, DisconnectPacket, Packet } from '@godwit/mqtt-codec'
import { packetReader, writePacket } from '@godwit/mqtt-codec/client'
import { KeepAlive, SEND_PINGREQ, TIMED_OUT } from '@godwit/mqtt-qos'
import type { ServerInfo } from '../api/client.ts'
import type { ClientOptions } from '../api/options.ts'
import type { PublishResult } from '../api/publish.ts'
import { MqttError, type ErrorCode } from '../errors.ts'
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
  /** Not ended. */
  readonly isOpen: boolean
  /** Bytes that wait to be taken. */
  readonly waitingBytes: number
  /** When `tick` is due, monotonic ms; Infinity: never. */
  readonly deadline: number
  /** Bytes from the server; they are read during the call only. Nothing that they say makes it throw. */
  receive(chunk: Uint8Array, now: number): void
  /** Encodes a packet. What comes back is why it cannot be sent: nothing of it was, then. */
  send(packet: Packet): MqttError | undefined
  /** Resolves when the transport took the bytes that wait now. Many share it: QoS 0 needs no promise of its own. */
  readonly whenWritten: Promise<PublishResult>
  /** All that waits. `tellWritten` settles `whenWritten`, where somebody asked for it: with an error where the transport never takes them. */
  take(now: number): { readonly bytes: Uint8Array; readonly tellWritten: ((error?: MqttError) => void) | undefined }
  /** @param isPaused nothing is read for now: the server's silence proves nothing */
  tick(now: number, isPaused: boolean): void
  /** Asks the server whether it is there. */
  probe(now: number): void
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
  const read = packetReader(version, maximumPacketSizeBytes)
  let server: ServerLimits | undefined
  let isOpen = true
  let keepAlive = new KeepAlive(0, now)
  let pingedAt = 0
  let buffer = NO_BYTES
  let length = 0
  let written: Promise<PublishResult> | undefined
  let tellWritten: ((error?: MqttError) => void) | undefined

  const send: Connection['send'] = (packet) => {
    if (!isOpen) return undefined
    if (!length) buffer = spareOr(buffer)
    const end = writePacket(packet, version, buffer, length)
    // The caller's mistake, such as half of a surrogate pair in a name.
    if (typeof end === 'object') return new MqttError('INVALID_ARGUMENT', end.message)
    if (server && end - length > server.maximumPacketSizeBytes)
      return new MqttError('PACKET_TOO_LARGE', '', { reasonCode: PACKET_TOO_LARGE })
    if (end > buffer.length) {
      // Writing past the end has counted how long it is.
      const grown = new Uint8Array(end * 2)
      grown.set(buffer.subarray(0, length))
      buffer = grown
      writePacket(packet, version, buffer, length)
    }
    // Read back, so that the tap sees what really leaves.
    if (onPacket) packetReader(version, Infinity)(buffer.subarray(length, end), (written) => onPacket('sent', written))
    length = end
    host.bytesWaiting()
    return undefined
  }

  const end: Connection['end'] = (packet) => {
    if (packet && server && send(packet)) {
      // [MQTT-3.14.2-3] [MQTT-3.14.2-4] Too large for the server: without what only people read.
      const { sessionExpiryIntervalSeconds } = packet.properties ?? {}
      send({ ...packet, properties: { sessionExpiryIntervalSeconds } as DisconnectPacket['properties'] & {} })
    }
    isOpen = false
  }
  const fail: Connection['fail'] = (error) => {
    const { reasonCode } = error
    if (!isOpen) return
    end(version === 5 && reasonCode ? { type: 'disconnect', reasonCode } : undefined)
    host.failed(error)
  }
  const refuse = (message: string, reasonCode: number) => {
    const code =
      reasonCode === MALFORMED_PACKET
        ? 'MALFORMED_PACKET'
        : reasonCode === PACKET_TOO_LARGE
          ? 'PACKET_TOO_LARGE'
          : 'PROTOCOL_ERROR'
    fail(new MqttError(code, message, { phase: phase(), reasonCode, retryable: true }))
  }
  const phase = () => (server ? 'session' : 'connect')
  /** The server ended it. */
  const left = (code: ErrorCode, { reasonCode, properties }: ConnackPacket | DisconnectPacket) => {
    end()
    host.failed(
      new MqttError(code, '', { ...properties, phase: phase(), reasonCode, retryable: isRetryable(reasonCode) }),
    )
    return 0
  }
  const probe: Connection['probe'] = (now) => {
    keepAlive.probe((pingedAt = now))
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
    const { reasonCode, sessionPresent, properties = {} } = packet
    if (reasonCode >= UNSPECIFIED_ERROR) return left('CONNECT_REFUSED', packet)
    // [MQTT-3.2.2-4] We asked for a new Session.
    if (sessionPresent && connect.cleanStart) return PROTOCOL_ERROR
    connection.server = server = granted(connect, sessionPresent, properties)
    connection.aliases = version === 5 ? topicAliases?.begin(server.topicAliasMaximum) : undefined
    keepAlive = new KeepAlive(server.keepAliveSeconds, now)
    incoming.start(connection, sessionPresent)
    outgoing.start(connection, server)
    host.online({ ...packet, properties })
    // A listener may have ended it.
    if (!isOpen) return 0
    outgoing.release()
    requests.start(connection)
    outgoing.unblock(now)
    return 0
  }

  const connection: { -readonly [Key in keyof Connection]: Connection[Key] } = {
    server,
    aliases: undefined,
    get isOpen() {
      return isOpen
    },
    get waitingBytes() {
      return length
    },
    get whenWritten() {
      return (written ??= new Promise((resolve, reject) => {
        tellWritten = (error) => (error ? reject(error) : resolve(SENT))
      }))
    },
    get deadline() {
      return keepAlive.deadlineMs
    },
    receive(chunk, now) {
      const failure = inPieces(read)(chunk, (packet) => {
        if (!isOpen) return
        onPacket?.('received', packet)
        keepAlive.received(now)
        const reasonCode = handle(packet, now)
        if (reasonCode) refuse(`${packet.type} out of place`, reasonCode)
      })
      if (failure) refuse(`malformed at byte ${failure.offset}: ${failure.message}`, failure.reasonCode)
    },
    send,
    take(now) {
      const taken = { bytes: buffer.subarray(0, length), tellWritten }
      if (length) keepAlive.sent(now)
      buffer = NO_BYTES
      length = 0
      written = undefined
      tellWritten = undefined
      return taken
    },
    tick(now, isPaused) {
      if (isPaused) keepAlive.received(now)
      const due = keepAlive.check(now)
      if (due === SEND_PINGREQ) probe(now)
      if (due === TIMED_OUT)
        fail(new MqttError('KEEP_ALIVE_TIMEOUT', '', { phase: 'session', reasonCode: KEEP_ALIVE_TIMEOUT }))
    },
    probe,
    fail,
    end,
  }
  return connection
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
