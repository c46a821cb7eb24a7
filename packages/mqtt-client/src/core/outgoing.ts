import { InFlight } from '#fast-paths'
import type { PubackPacket, PubcompPacket, PublishPacket, PubrecPacket } from '@godwit/mqtt-codec'
import {
  ABANDON,
  AWAITING_PUBCOMP,
  cellOf,
  COMPLETED,
  DISCARD,
  FREE,
  PUBACK,
  PUBCOMP,
  PUBREC,
  REFUSED,
  SEND_PUBREL,
  senderTable,
  START_QOS_1,
  VIOLATION,
} from '@godwit/mqtt-qos'
import type { ClientOptions } from '../api/options.ts'
import type { PublishOptions, PublishResult } from '../api/publish.ts'
import { MqttError, type ErrorCode } from '../errors.ts'
import { SENT, type Connection, type ServerLimits } from './connection.ts'
import { SEND_MAXIMUM } from './defaults.ts'
import { PROTOCOL_ERROR, QOS_NOT_SUPPORTED, RETAIN_NOT_SUPPORTED, UNSPECIFIED_ERROR } from './reason-code.ts'

/** Its Packet Identifier and DUP are set when it is sent: a copy would cost as much as writing it. */
export type OutgoingPublish = Omit<PublishPacket, 'dup' | 'packetId'> & { dup: boolean; packetId?: number | undefined }

/** A message on its way out, from `publish` until it is settled. */
export interface Outgoing {
  readonly packet: OutgoingPublish
  readonly queuedAt: number
  /** Monotonic ms; Infinity: never. */
  readonly expiresAt: number
  /** Its Topic Name may be replaced by an alias. */
  readonly mayAlias: boolean
  readonly until: PublishOptions['until']
  readonly offline: PublishOptions['offline']
  settle(error: MqttError | undefined, result?: PublishResult): void
  /** 0 until it is first sent. Then it is in use until the exchange has ended, also over a reconnect. */
  packetId: number
  /** What its identifier waits for: a state of the table of mqtt-qos. */
  state: number
  /** It may have reached the server: sent again it carries DUP [MQTT-3.3.1-1]. */
  isSent: boolean
  /** It took one of the window of this connection. */
  isCounted: boolean
}

/** The inputs of the table; the refusal stands behind each. */
const INPUTS = { puback: PUBACK, pubrec: PUBREC, pubcomp: PUBCOMP }

/**
 * The outgoing messages of a Session. What waits for a connection, or for the server's window, is in the outbox; what is unacknowledged is in
 * flight, and after a reconnect in front of the outbox as well, so there is one way on which everything leaves. `start` and `lost` tell of connections.
 */
export class OutgoingMessages {
  readonly #options: NonNullable<ClientOptions['outbox']>
  readonly #sendMaximum: number
  readonly #store: ClientOptions['store']
  /** By Packet Identifier, in the order in which PUBLISH, or PUBREC, made them what they are. Undefined: of a SUBSCRIBE or UNSUBSCRIBE. */
  readonly #inFlight = new InFlight<Outgoing | undefined>()
  #lastPacketId = 0
  /** How many more may be in flight on this connection [MQTT-3.3.4-9]. */
  #window = 0
  #connection: Connection | undefined
  #queue: Outgoing[] = []
  #bytes = 0
  /** The transport holds enough: new messages wait. */
  #isBlocked = false
  /** Earliest time at which something that waits expires; never too late, perhaps too early. */
  nextExpiry = Infinity

  constructor({ outbox = {}, sendMaximum = SEND_MAXIMUM, store }: ClientOptions) {
    this.#options = outbox
    this.#sendMaximum = sendMaximum
    this.#store = store
  }

  get queued(): number {
    return this.#queue.length
  }
  get unacknowledged(): number {
    return [...this.#inFlight.values()].filter((item) => item).length
  }
  get bytes(): number {
    return this.#bytes
  }

  /** What a store kept: in flight with a state, else waiting in front of everything, in this order. */
  restore(items: readonly Outgoing[]): void {
    for (const item of items) if (item.packetId) this.#inFlight.set(item.packetId, item)
    this.#refill([...items.filter(({ packetId }) => !packetId), ...this.#queue])
  }

  /** The connection, where this message may leave at once. */
  readyFor(packet: Outgoing['packet']): Connection | undefined {
    return this.#isBlocked || this.#queue[0] || this.#isFull(packet) ? undefined : this.#connection
  }

  publish(item: Outgoing, now: number): void {
    const isDropped = (other: Outgoing) => other === oldest
    let oldest: Outgoing | undefined
    while (
      this.#options.overflow === 'drop-oldest' &&
      this.#isFull(item.packet) &&
      (oldest = this.#queue.find(isWaiting))
    ) {
      this.#removeWhere(isDropped, 'OUTBOX_FULL')
    }
    if (this.#isFull(item.packet)) return this.#done(item, new MqttError('OUTBOX_FULL'))
    this.#add(item)
    if (item.packet.qos) this.#store?.record('outgoing-put', item)
    if (item.until === 'stored') {
      const stored = () => item.settle(undefined, SENT)
      if (this.#store) this.#store.whenCommitted(stored)
      else stored()
    }
    this.#pump(now)
  }

  /** The caller gave up. What was sent cannot be taken back, and its identifier stays taken until the server answers. */
  cancel(item: Outgoing): void {
    this.#removeWhere((other) => other === item && isWaiting(item))
  }

  /** After CONNACK; nothing leaves before `unblock`. Without its Session, what had no PUBREC is new again; the rest is done (it arrived). */
  start(next: Connection, { receiveMaximum, sessionPresent }: ServerLimits): void {
    this.#connection = next
    this.#isBlocked = true
    this.#window = Math.min(this.#sendMaximum, receiveMaximum)
    const again: Outgoing[] = []
    for (const [packetId, item] of this.#inFlight) {
      if (!item) continue
      item.isCounted = false
      if (item.state !== AWAITING_PUBCOMP) again.push(item)
      if (sessionPresent) continue
      this.#inFlight.delete(packetId)
      if (item.state === AWAITING_PUBCOMP) this.#done(item)
      item.packetId = item.state = 0
      item.isSent = false
    }
    // [MQTT-4.4.0-1] With the original identifiers, in the original order, in slices where the window is smaller now.
    this.#refill([...again, ...this.#queue.filter((item) => !again.includes(item))])
  }

  /** Whether the transport holds enough: then new messages wait for `unblock`. */
  block(isFull: boolean): void {
    this.#isBlocked = isFull
  }

  /** [MQTT-4.9.0-3] Right after `start`: no window holds them back. */
  release(): void {
    for (const [packetId, item] of this.#inFlight) if (item?.state === AWAITING_PUBCOMP) this.#pubrel(packetId)
  }

  /** The transport takes more. */
  unblock(now: number): void {
    this.#isBlocked = false
    this.#pump(now)
  }

  lost(): void {
    this.#connection = undefined
    this.#removeWhere(({ packet, offline }) => !packet.qos && offline !== 'queue', 'CONNECTION_LOST')
  }

  /** Rejects what expired while it waited. */
  expire(now: number): void {
    this.#removeWhere((item) => isWaiting(item) && item.expiresAt <= now, 'EXPIRED')
  }

  /** PUBACK, PUBREC or PUBCOMP. The Reason Code to end the connection with, or 0. */
  acknowledged({ type, packetId, reasonCode, properties }: PubackPacket | PubrecPacket | PubcompPacket, now: number) {
    const item = this.#inFlight.get(packetId)
    const isRefused = type !== 'pubcomp' && reasonCode >= UNSPECIFIED_ERROR
    // An identifier of a SUBSCRIBE is none of a PUBLISH.
    const isForeign = !packetId || (!item && this.#inFlight.has(packetId))
    // Its answer may come before it was sent again.
    const waits = item && !item.isCounted && item.state !== AWAITING_PUBCOMP
    const outcome = isForeign ? VIOLATION : this.#step(item, packetId, INPUTS[type] + Number(isRefused))
    if (outcome === VIOLATION) return PROTOCOL_ERROR
    if (waits) this.#refill(this.#queue.filter((other) => other !== item))
    if (outcome === SEND_PUBREL) {
      this.#store?.record('outgoing-released', item, packetId)
      this.#pubrel(packetId)
    }
    if (outcome === COMPLETED) this.#done(item, undefined, { ...properties, reasonCode })
    if (outcome === REFUSED)
      this.#done(item, new MqttError('PUBLISH_REFUSED', '', { ...properties, phase: 'session', reasonCode }))
    this.#pump(now)
    return 0
  }

  rejectAll(error: MqttError): void {
    const all = new Set([...this.#inFlight.values(), ...this.#queue])
    this.#inFlight.clear()
    this.#refill([])
    for (const item of all) item?.settle(error)
  }

  /** The next free identifier, now in use; 0 where all are [MQTT-2.2.1-3]. SUBSCRIBE and UNSUBSCRIBE share the range. */
  take(item?: Outgoing): number {
    if (this.#inFlight.size === 65_535) return 0
    do this.#lastPacketId = (this.#lastPacketId % 65_535) + 1
    while (this.#inFlight.has(this.#lastPacketId))
    this.#inFlight.set(this.#lastPacketId, item)
    return this.#lastPacketId
  }
  free(packetId: number): boolean {
    return this.#inFlight.delete(packetId)
  }

  #refill(items: readonly Outgoing[]): void {
    this.#queue = []
    this.#bytes = 0
    this.nextExpiry = Infinity
    for (const item of items) this.#add(item)
  }
  #add(item: Outgoing): void {
    this.#queue.push(item)
    this.#bytes += sizeOf(item.packet)
    if (isWaiting(item)) this.nextExpiry = Math.min(this.nextExpiry, item.expiresAt)
  }
  #removeWhere(isGone: (item: Outgoing) => boolean, code?: ErrorCode): void {
    const all = this.#queue
    this.#refill(all.filter((item) => !isGone(item)))
    for (const item of all) if (isGone(item)) this.#done(item, code && new MqttError(code))
  }

  #done(item: Outgoing | undefined, error?: MqttError, result: PublishResult = SENT): void {
    if (!item) return
    if (item.packet.qos) this.#store?.record('outgoing-delete', item)
    item.settle(error, result)
  }

  /** Moves an exchange on, by the table. Returns its outcome. */
  #step(item: Outgoing | undefined, packetId: number, input: number): number {
    const state = item?.state ?? FREE
    const cell = cellOf(senderTable, state, input)
    if (!item || cell >> 4 === VIOLATION) return cell >> 4
    item.state = cell & 15
    if (item.state === state) return SEND_PUBREL
    if (item.isCounted && (item.state === FREE || input === DISCARD)) {
      item.isCounted = false
      this.#window++
    }
    this.#inFlight.delete(packetId)
    // [MQTT-4.6.0-4] PUBRELs are ordered by their PUBRECs, also when they are sent again.
    if (item.state) this.#inFlight.set(packetId, item)
    return cell >> 4
  }
  #pubrel(packetId: number): void {
    this.#connection?.send({ type: 'pubrel', packetId, reasonCode: 0 })
  }

  /** False: not now. Settles the item where it can never go. */
  #send(item: Outgoing, now: number): boolean {
    const { packet, until } = item
    const { qos, retain, properties } = packet
    const connection = this.#connection
    if (!connection?.server || this.#isBlocked || (qos && !this.#window)) return false
    const { server, aliases } = connection
    let error =
      qos > server.maximumQos
        ? notSupported(QOS_NOT_SUPPORTED)
        : retain && !server.retainAvailable
          ? notSupported(RETAIN_NOT_SUPPORTED)
          : !item.packetId && item.expiresAt <= now
            ? new MqttError('EXPIRED')
            : undefined
    if (!error) {
      if (qos && !item.packetId) {
        item.packetId = this.take(item)
        if (!item.packetId) return false
        item.state = cellOf(senderTable, FREE, START_QOS_1 + qos - 1) & 15
        this.#store?.record('outgoing-sent', item, item.packetId)
      }
      const interval = properties?.messageExpiryIntervalSeconds
      const left = interval && Math.max(1, interval - Math.floor((now - item.queuedAt) / 1_000))
      packet.packetId = item.packetId || undefined
      packet.dup = item.isSent
      const sending = (
        left ? { ...packet, properties: { ...properties, messageExpiryIntervalSeconds: left } } : packet
      ) as PublishPacket
      const short = item.mayAlias && aliases?.shorten(sending, server.maximumPacketSizeBytes)
      // Of the bytes that wait now: a burst is written while this one is sent.
      const written = !qos || until === 'sent' ? connection.whenWritten : undefined
      error = connection.send(short || sending)
      // QoS 1 and 2 go again with the next connection.
      written?.then(
        (sent) => item.settle(undefined, sent),
        (lost: MqttError) => qos || item.settle(lost),
      )
      if (!error && qos) {
        this.#window--
        item.isCounted = item.isSent = true
      }
    }
    if (!error) return true
    // [MQTT-3.1.2-25] It counts as done. What may have arrived is ended with PUBREL, since the server may hold its identifier.
    const { packetId } = item
    if (packetId && this.#step(item, packetId, item.isSent ? DISCARD : ABANDON) === SEND_PUBREL) this.#pubrel(packetId)
    this.#done(item, error)
    return true
  }

  /** Sends what may go, in order. */
  #pump(now: number): void {
    while (this.#queue[0] && this.#send(this.#queue[0], now)) this.#bytes -= sizeOf(this.#queue.shift()!.packet)
  }

  #isFull(packet: Outgoing['packet']): boolean {
    const { maximumMessages = 10_000, maximumBytes = 67_108_864 } = this.#options
    return this.#queue.length >= maximumMessages || this.#bytes + sizeOf(packet) > maximumBytes
  }
}

export const notSupported = (reasonCode: number) => new MqttError('NOT_SUPPORTED', '', { reasonCode })

/** Never sent. What was sent, and waits to be sent again, cannot be taken back. */
const isWaiting = (item: Outgoing) => !item.packetId

/** What counts against `maximumBytes`. */
const sizeOf = ({ topicName, payload }: Outgoing['packet']) => topicName.length + payload.length
