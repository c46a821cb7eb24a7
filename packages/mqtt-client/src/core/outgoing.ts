import type { PubackPacket, PubcompPacket, PublishPacket, PubrecPacket } from '@godwit/mqtt-codec'
import {
  AWAITING_PUBCOMP,
  COMPLETED,
  REFUSED,
  remainingExpiryIntervalSeconds,
  SEND_PUBREL,
  Sender,
  VIOLATION,
} from '@godwit/mqtt-qos'
import type { ClientOptions } from '../api/options.ts'
import type { PublishOptions, PublishResult } from '../api/publish.ts'
import { MqttError } from '../errors.ts'
import type { Connection, ServerLimits } from './connection.ts'
import { SEND_MAXIMUM } from './defaults.ts'
import { PROTOCOL_ERROR, QOS_NOT_SUPPORTED, RETAIN_NOT_SUPPORTED } from './reason-code.ts'

/** A message on its way out, from `publish` until it is settled. */
export interface Outgoing {
  readonly packet: PublishPacket
  readonly queuedAt: number
  /** Monotonic ms; Infinity: never. */
  readonly expiresAt: number
  /** Its Topic Name may be replaced by an alias. */
  readonly mayAlias: boolean
  readonly until: PublishOptions['until']
  settle(error: MqttError | undefined, result?: PublishResult): void
}

export type OutgoingMessages = ReturnType<typeof createOutgoing>

/**
 * The outgoing messages of a Session: what waits for a connection (the outbox), and QoS 1 and 2 until they are settled. The Session is
 * the client's; `start` and `lost` tell of connections.
 */
export function createOutgoing({ outbox = {}, sendMaximum = SEND_MAXIMUM, store }: ClientOptions) {
  const sender = new Sender<Outgoing>({ receiveMaximum: sendMaximum })
  const { maximumMessages = 10_000, maximumBytes = 67_108_864, overflow, qos0Offline } = outbox
  let connection: Connection | undefined
  let queue: Outgoing[] = []
  let bytes = 0
  /** Beyond the bounds of the outbox (`overflow: 'wait'`). */
  let overflowing: Outgoing[] = []
  /** The transport holds enough: new messages wait. */
  let isBlocked = false
  let dropped = 0
  let nextExpiry = Infinity

  const add = (item: Outgoing) => {
    queue.push(item)
    bytes += sizeOf(item)
    nextExpiry = Math.min(nextExpiry, item.expiresAt)
  }
  const shift = () => {
    const item = queue.shift()
    if (item) bytes -= sizeOf(item)
    return item
  }
  const takeWhere = (isWanted: (item: Outgoing) => boolean) => {
    const all = queue
    queue = []
    bytes = 0
    nextExpiry = Infinity
    return all.filter((item) => isWanted(item) || add(item))
  }

  const done = (item: Outgoing | undefined, error?: MqttError, result: PublishResult = SENT) => {
    if (!item) return
    if (item.packet.qos) store?.record('outgoing-delete', item)
    item.settle(error, result)
  }
  const drop = (item: Outgoing | undefined, code: 'OUTBOX_FULL' | 'OFFLINE' | 'CONNECTION_LOST') => {
    dropped++
    done(item, new MqttError(code))
  }

  const enqueue = (item: Outgoing) => {
    const isFull = () => queue.length >= maximumMessages || bytes + sizeOf(item) > maximumBytes
    if (overflow === 'drop-oldest') while (queue.length > 0 && isFull()) drop(shift(), 'OUTBOX_FULL')
    if (overflow === 'wait' && (overflowing.length > 0 || isFull())) return void overflowing.push(item)
    if (isFull()) return drop(item, 'OUTBOX_FULL')
    add(item)
    if (item.packet.qos) store?.record('outgoing-put', item)
    if (item.until !== 'stored') return
    const stored = () => item.settle(undefined, SENT)
    if (store) store.whenCommitted(stored)
    else stored()
  }

  /** False: not now. Settles the item where it can never go. */
  const send = (item: Outgoing, now: number): boolean => {
    const { packet, until } = item
    const { qos, retain, properties } = packet
    const { server, aliases } = connection ?? {}
    if (!connection || !server || isBlocked) return false
    const unsupported =
      qos > server.maximumQos ? QOS_NOT_SUPPORTED : retain && !server.retainAvailable ? RETAIN_NOT_SUPPORTED : 0
    let error = unsupported ? notSupported(unsupported) : item.expiresAt <= now ? new MqttError('EXPIRED') : undefined
    if (!error) {
      const packetId = qos && sender.start(qos, item)
      if (qos && !packetId) return false
      if (packetId) store?.record('outgoing-sent', item, packetId)
      const interval = properties?.messageExpiryIntervalSeconds
      const left = interval && Math.max(1, remainingExpiryIntervalSeconds(interval, now - item.queuedAt))
      const sending: PublishPacket = {
        ...packet,
        ...(packetId && { packetId }),
        ...(left && { properties: { ...properties, messageExpiryIntervalSeconds: left } }),
      }
      const short = item.mayAlias && aliases?.shorten(sending, server.maximumPacketSizeBytes)
      error = connection.send(short || sending, () => {
        if (!qos || until === 'sent') item.settle(undefined, SENT)
      })
      if (error) sender.abandon(packetId)
    }
    if (error) done(item, error)
    return true
  }

  const pubrel = (packetId: number) => connection?.send({ type: 'pubrel', packetId, reasonCode: 0 })

  /** Sends what may go: first what an earlier connection left, then what waits, in order. */
  const pump = (now: number) => {
    if (isBlocked || !connection) return
    // [MQTT-4.4.0-1] With the original identifiers, DUP set, in the original order; in slices where the window is smaller now.
    for (const again of sender.resends()) {
      const message = again.type === 'publish' ? again.message : undefined
      const { packetId } = again
      const error =
        again.type === 'publish' && message
          ? connection.send({ ...message.packet, dup: again.dup, packetId })
          : pubrel(packetId)
      if (!error) continue
      // [MQTT-3.1.2-25] The new connection takes less than the old one did.
      if (sender.abandon(packetId) === SEND_PUBREL) pubrel(packetId)
      done(message, error)
    }
    while (queue[0] && send(queue[0], now)) shift()
    admit()
  }
  const admit = () => {
    for (const item of overflowing.splice(0)) enqueue(item)
  }

  /** Waits in front of everything, in this order. */
  const addFirst = (items: readonly Outgoing[]) => {
    for (const item of [...items, ...takeWhere(() => true)]) add(item)
  }

  return {
    sender,
    addFirst,
    get queued() {
      return queue.length + overflowing.length
    },
    /** Something is not settled. */
    get isBusy() {
      return queue.length + overflowing.length + sender.outstanding > 0
    },
    get bytes() {
      return bytes
    },
    get dropped() {
      return dropped
    },
    /** Earliest time at which something that waits expires; never too late, perhaps too early. */
    get nextExpiry() {
      return nextExpiry
    },

    publish(item: Outgoing, now: number): void {
      if (connection || item.packet.qos || qos0Offline === 'queue') {
        enqueue(item)
        pump(now)
      } else if (qos0Offline === 'reject') drop(item, 'OFFLINE')
      else {
        dropped++
        done(item, undefined, { reasonCode: 0, dropped: true })
      }
    },

    /** The caller gave up. What was sent cannot be taken back, and its identifier stays taken until the server answers. */
    cancel(item: Outgoing): void {
      overflowing = overflowing.filter((waiting) => waiting !== item)
      for (const taken of takeWhere((waiting) => waiting === item)) done(taken)
      admit()
    },

    /** After CONNACK; nothing leaves before `unblock`. Without its Session, what had no PUBREC is new again; the rest is done (it arrived). */
    start(next: Connection, { receiveMaximum, sessionPresent }: ServerLimits): void {
      connection = next
      isBlocked = true
      if (!sessionPresent) {
        const inFlight = sender.inFlight()
        sender.clear()
        for (const { state, message } of inFlight) if (state === AWAITING_PUBCOMP) done(message)
        addFirst(inFlight.flatMap(({ state, message }) => (state === AWAITING_PUBCOMP ? [] : (message ?? []))))
      }
      sender.resume(receiveMaximum)
    },

    /** Whether the transport holds enough: then new messages wait for `unblock`. */
    block(isFull: boolean): void {
      isBlocked = isFull
    },

    /** The transport takes more. */
    unblock(now: number): void {
      isBlocked = false
      pump(now)
    },

    lost(): void {
      connection = undefined
      if (qos0Offline === 'queue') return
      for (const item of takeWhere(({ packet }) => packet.qos === 0)) drop(item, 'CONNECTION_LOST')
    },

    /** Rejects what expired while it waited. */
    expire(now: number): void {
      for (const item of takeWhere(({ expiresAt }) => expiresAt <= now)) done(item, new MqttError('EXPIRED'))
      admit()
    },

    /** PUBACK, PUBREC or PUBCOMP. The Reason Code to end the connection with, or 0. */
    acknowledged(packet: PubackPacket | PubrecPacket | PubcompPacket, now: number): number {
      const { type, packetId, reasonCode, properties } = packet
      const item = sender.message(packetId)
      const outcome =
        type === 'puback'
          ? sender.onPuback(packetId, reasonCode)
          : type === 'pubrec'
            ? sender.onPubrec(packetId, reasonCode)
            : sender.onPubcomp(packetId, reasonCode)
      if (outcome === VIOLATION) return PROTOCOL_ERROR
      if (outcome === SEND_PUBREL) {
        store?.record('outgoing-released', item, packetId)
        pubrel(packetId)
      }
      if (outcome === COMPLETED) done(item, undefined, { ...properties, reasonCode })
      if (outcome === REFUSED)
        done(item, new MqttError('PUBLISH_REFUSED', '', { ...properties, phase: 'session', reasonCode }))
      pump(now)
      return 0
    },

    rejectAll(error: MqttError): void {
      const all = [...sender.inFlight().map(({ message }) => message), ...queue, ...overflowing]
      sender.clear()
      takeWhere(() => true)
      overflowing = []
      for (const item of all) item?.settle(error)
    },
  }
}

export const notSupported = (reasonCode: number) => new MqttError('NOT_SUPPORTED', '', { reasonCode })

const SENT: PublishResult = { reasonCode: 0 }

/** What counts against `maximumBytes`. */
const sizeOf = ({ packet }: Outgoing) => packet.topicName.length + packet.payload.length
