import { ReasonCode, type PublishPacket } from '@godwit/mqtt-codec'
import {
  OutgoingTopicAliases,
  remainingExpiryIntervalSeconds,
  Sender,
  SenderOutcome,
  SenderState,
  type InFlightSnapshot,
} from '@godwit/mqtt-qos'
import type { OutboxOptions } from '../api/options.ts'
import { MqttError } from '../errors.ts'
import type { StoredOutgoing, StoreOperation } from '../ports/session-store.ts'
import type { ServerLimits } from './handshake.ts'
import { Outbox, type Outgoing } from './outbox.ts'

type Acknowledgement = {
  readonly packetId: number
  readonly reasonCode: number
  readonly properties?: {
    readonly reasonString?: string
    readonly userProperties?: readonly (readonly [string, string])[]
  }
}

export interface PublisherHost {
  /** Bytes of the packet as it would be on the wire. */
  sizeOf(packet: PublishPacket): number
  /** `atMost`: bytes that it takes at most. */
  write(packet: PublishPacket, sent: Outgoing | undefined, atMost: number): void
  pubrel(packetId: number): void
  store(operation: StoreOperation): void
  wallNow(): number
}

/** The outgoing half of a Session: the outbox, the server's limits, and QoS 1 and 2 until they are settled. */
export class Publisher {
  readonly outbox = new Outbox()
  readonly #host: PublisherHost
  readonly #options: OutboxOptions
  readonly #sendMaximum: number
  sender: Sender<Outgoing>
  #aliases = new OutgoingTopicAliases(0)
  #server: ServerLimits | undefined
  /** Accepted by `publish`, but the outbox is full (`overflow: 'wait'`). */
  #overflow: Outgoing[] = []
  #sequence = 0
  dropped = 0
  /** The transport holds enough: new messages stay in the outbox. */
  blocked = false

  constructor(host: PublisherHost, options: OutboxOptions, sendMaximum: number) {
    this.#host = host
    this.#options = options
    this.#sendMaximum = sendMaximum
    this.sender = new Sender({ receiveMaximum: sendMaximum })
  }

  get queued(): number {
    return this.outbox.messages + this.#overflow.length
  }

  get idle(): boolean {
    return this.queued === 0 && this.sender.outstanding === 0
  }

  publish(item: Outgoing, now: number): void {
    const { qos } = item.packet
    if (this.#server) {
      if (this.queued === 0 && this.#send(item, now)) return
    } else if (qos === 0 && this.#options.qos0Offline !== 'queue') {
      this.dropped++
      if (this.#options.qos0Offline === 'reject')
        return item.settled(new MqttError('OFFLINE', 'not connected', { retryable: true }))
      return item.settled(undefined, { reasonCode: 0, dropped: true })
    }
    this.#enqueue(item)
  }

  /** The caller gave up. What was sent cannot be taken back, and its identifier stays taken until the server answers. */
  cancel(item: Outgoing): void {
    if (item.queued) {
      this.outbox.remove(item)
      this.#host.store({ type: 'outgoing-delete', sequence: item.sequence })
    }
    this.#overflow = this.#overflow.filter((waiting) => waiting !== item)
    this.#admit()
  }

  restore(records: readonly StoredOutgoing[], toOutgoing: (record: StoredOutgoing) => Outgoing): void {
    const inFlight: InFlightSnapshot<Outgoing>[] = []
    for (const record of records) {
      const message = toOutgoing(record)
      const { packetId, sequence, released } = record
      message.sequence = this.#sequence = sequence
      const qos = message.packet.qos === 1 ? 1 : 2
      const state = released
        ? SenderState.awaitingPubcomp
        : qos === 1
          ? SenderState.awaitingPuback
          : SenderState.awaitingPubrec
      if (packetId === 0) this.outbox.add(message)
      else inFlight.push({ packetId, qos, state, sent: true, message })
    }
    const lastPacketId = inFlight.at(-1)?.packetId ?? 0
    this.sender = Sender.restore({ receiveMaximum: this.#sendMaximum }, { lastPacketId, inFlight })
  }

  /** After CONNACK. Without its Session, what had no PUBREC is new again; the rest is done (it arrived). */
  start(server: ServerLimits, sessionPresent: boolean, aliasMaximum: number, now: number): void {
    this.#server = server
    this.blocked = false
    this.#aliases = new OutgoingTopicAliases(Math.min(server.topicAliasMaximum, aliasMaximum))
    const receiveMaximum = Math.min(server.receiveMaximum, this.#sendMaximum)
    if (!sessionPresent) {
      for (const { state, message } of this.sender.inFlight()) {
        if (message && state === SenderState.awaitingPubcomp) this.#done(message)
      }
      this.outbox.addFirst(this.sender.takeUnacknowledged().flatMap(({ message }) => message ?? []))
    }
    this.sender.resume(receiveMaximum)
    this.pump(now)
  }

  /** Sends what may go: first what an earlier connection left, then the outbox, in order. */
  pump(now: number): void {
    if (!this.#server) return
    if (this.sender.owed > 0) this.#resend(this.#server)
    for (let item = this.outbox.first(); item && !this.blocked; item = this.outbox.first()) {
      if (!this.#send(item, now)) break
      this.outbox.remove(item)
    }
    this.#admit()
  }

  lost(): void {
    this.#server = undefined
    if (this.#options.qos0Offline === 'queue') return
    for (const item of this.outbox.takeWhere(({ packet }) => packet.qos === 0)) {
      this.dropped++
      item.settled(
        new MqttError('CONNECTION_LOST', 'the connection ended before the message left', { retryable: true }),
      )
    }
  }

  /** Rejects what expired in the outbox. */
  expire(now: number): void {
    if (this.outbox.nextExpiry > now) return
    for (const item of this.outbox.takeWhere(({ expiresAt }) => expiresAt <= now)) this.#done(item, expired())
    this.#admit()
  }

  /** True: a protocol error of the server. */
  puback(packet: Acknowledgement, now: number): boolean {
    return this.#acknowledged(
      packet,
      this.sender.message(packet.packetId),
      this.sender.onPuback(packet.packetId, packet.reasonCode),
      now,
    )
  }

  pubrec(packet: Acknowledgement, now: number): boolean {
    const { packetId } = packet
    const message = this.sender.message(packetId)
    const outcome = this.sender.onPubrec(packetId, packet.reasonCode)
    if (outcome !== SenderOutcome.sendPubrel) return this.#acknowledged(packet, message, outcome, now)
    if (message) this.#host.store({ type: 'outgoing-released', sequence: message.sequence, packetId })
    this.#host.pubrel(packetId)
    return false
  }

  pubcomp(packet: Acknowledgement, now: number): boolean {
    return this.#acknowledged(
      packet,
      this.sender.message(packet.packetId),
      this.sender.onPubcomp(packet.packetId, packet.reasonCode),
      now,
    )
  }

  rejectAll(error: MqttError): void {
    const inFlight = this.sender.messages()
    this.sender.clear()
    for (const item of [...inFlight, ...this.outbox.takeWhere(() => true), ...this.#overflow.splice(0)])
      item.settled(error)
  }

  #acknowledged(packet: Acknowledgement, item: Outgoing | undefined, outcome: number, now: number): boolean {
    if (outcome === SenderOutcome.violation) return true
    if (outcome !== SenderOutcome.completed && outcome !== SenderOutcome.refused) return false
    const { reasonCode, properties } = packet
    if (item && outcome === SenderOutcome.refused) {
      const reasonString = properties?.reasonString
      this.#done(
        item,
        new MqttError('PUBLISH_REFUSED', 'the server refused the message', {
          phase: 'session',
          reasonCode,
          reasonString,
        }),
      )
    } else if (item) {
      const { reasonString, userProperties } = properties ?? {}
      this.#delete(item)
      item.settled(undefined, { reasonCode, reasonString, userProperties })
    }
    this.pump(now)
    return false
  }

  #enqueue(item: Outgoing): void {
    const { maximumMessages = 10_000, maximumBytes = 67_108_864, overflow = 'reject' } = this.#options
    const full = () => this.outbox.messages >= maximumMessages || this.outbox.bytes + item.sizeBytes > maximumBytes
    if (full() && overflow === 'drop-oldest') {
      for (let oldest = this.outbox.first(); oldest && full(); oldest = this.outbox.first()) {
        this.outbox.remove(oldest)
        this.dropped++
        this.#done(oldest, outboxFull())
      }
    }
    if (!full() && this.#overflow.length === 0) return this.#accept(item)
    if (overflow === 'wait') return void this.#overflow.push(item)
    this.dropped++
    item.settled(outboxFull())
  }

  #admit(): void {
    const waiting = this.#overflow.splice(0)
    for (const item of waiting) this.#enqueue(item)
  }

  #accept(item: Outgoing): void {
    this.outbox.add(item)
    this.#stored(item)
  }

  /** The store learns of a message before its first byte leaves. */
  #stored(item: Outgoing): void {
    if (item.sequence === 0) {
      item.sequence = ++this.#sequence
      const { packet, expiresAt, queuedAt } = item
      const { topicName, payload, qos, retain, properties } = packet
      const expiresAtMs = expiresAt === Infinity ? undefined : this.#host.wallNow() + expiresAt - queuedAt
      if (qos) {
        const message = { topicName, payload, qos, retain, properties, expiresAtMs }
        this.#host.store({ type: 'outgoing-put', sequence: item.sequence, message })
      }
    }
    item.stored()
  }

  /** False: not now. Settles the item where it can never go. */
  #send(item: Outgoing, now: number): boolean {
    const server = this.#server
    if (!server || this.blocked) return false
    const { packet, expiresAt } = item
    const refused = expiresAt <= now ? expired() : this.#refusal(packet, server)
    if (refused) {
      this.#done(item, refused)
      return true
    }
    const { qos, properties } = packet
    let sending = packet
    if (expiresAt !== Infinity) {
      const left = remainingExpiryIntervalSeconds(properties?.messageExpiryIntervalSeconds ?? 0, now - item.queuedAt)
      sending = { ...packet, properties: { ...properties, messageExpiryIntervalSeconds: Math.max(1, left) } }
    }
    let size
    try {
      size = this.#host.sizeOf(qos ? { ...sending, packetId: 1 } : sending)
    } catch (cause) {
      // The caller's mistake, such as half of a surrogate pair in a name.
      this.#done(item, new MqttError('INVALID_ARGUMENT', 'this cannot be encoded', { cause }))
      return true
    }
    if (size > server.maximumPacketSizeBytes) {
      this.#done(item, packetTooLarge())
      return true
    }
    if (qos) {
      const packetId = this.sender.start(qos, item)
      if (packetId === 0) return false
      this.#stored(item)
      sending = { ...sending, packetId }
      this.#host.store({ type: 'outgoing-sent', sequence: item.sequence, packetId })
    }
    // An alias may cost 3 bytes more before it saves any.
    if (server.topicAliasMaximum > 0 && item.mayAlias && size + 3 <= server.maximumPacketSizeBytes) {
      const assigned = this.#aliases.assign(packet.topicName)
      if (assigned) {
        const topicName = assigned.isNew ? packet.topicName : ''
        sending = { ...sending, topicName, properties: { ...sending.properties, topicAlias: assigned.alias } }
      }
    }
    this.#host.write(sending, item, size + 3)
    return true
  }

  /** What the server said in CONNACK that it does not take. */
  #refusal({ qos, retain }: PublishPacket, server: ServerLimits): MqttError | undefined {
    if (qos > server.maximumQos) return unsupported(ReasonCode.QosNotSupported)
    return retain && !server.retainAvailable ? unsupported(ReasonCode.RetainNotSupported) : undefined
  }

  /** [MQTT-4.4.0-1] With the original identifiers, DUP set, in the original order; in slices where the window is smaller now. */
  #resend(server: ServerLimits): void {
    for (const resend of this.sender.resends()) {
      const { packetId } = resend
      if (resend.type === 'pubrel') {
        this.#host.pubrel(packetId)
        continue
      }
      const { message, dup } = resend
      if (!message) continue
      const packet = { ...message.packet, dup, packetId }
      const size = this.#host.sizeOf(packet)
      if (size <= server.maximumPacketSizeBytes) {
        this.#host.write(packet, undefined, size)
        continue
      }
      // [MQTT-3.1.2-25] The new connection takes less than the old one did.
      if (this.sender.abandon(packetId) === SenderOutcome.sendPubrel) this.#host.pubrel(packetId)
      this.#done(message, packetTooLarge())
    }
  }

  #done(item: Outgoing, error?: MqttError): void {
    this.#delete(item)
    item.settled(error, { reasonCode: 0 })
  }

  #delete(item: Outgoing): void {
    if (item.sequence > 0 && item.packet.qos) this.#host.store({ type: 'outgoing-delete', sequence: item.sequence })
  }
}

export const packetTooLarge = () =>
  new MqttError('PACKET_TOO_LARGE', 'larger than the Maximum Packet Size of the server', {
    reasonCode: ReasonCode.PacketTooLarge,
  })
const expired = () => new MqttError('EXPIRED', 'the message expired before it was sent')
const outboxFull = () => new MqttError('OUTBOX_FULL', 'the outbox is full', { retryable: true })
export const unsupported = (reasonCode: number) =>
  new MqttError('NOT_SUPPORTED', 'the server does not support this', { reasonCode })
