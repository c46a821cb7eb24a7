import type { ConnackPacket, Packet, PublishPacket } from '@godwit/mqtt-codec'
import { encode } from '@godwit/mqtt-codec'
import type { ClientPlan, Operation } from '../plan.ts'
import type { Link, LinkHandler } from '../world/link.ts'
import type { Random } from '../world/random.ts'
import type { World } from '../world/world.ts'
import { messageOf, payloadOf } from './payload.ts'
import { isRefused, Outgoing } from './outgoing.ts'

/** Opens a connection for a client; undefined: nobody listens. */
export type Dial = (client: ClientPlan, handler: LinkHandler) => Link | undefined

/** What a client does when the simulation comes to its end. */
export type Farewell = 'stay' | 'leave' | 'left'

const BACKLOG = 200
const NOTHING = new Uint8Array(0)

/**
 * A client of the simulation's own: small, correct, and with the patience of a machine. It keeps its Session State across
 * connections, resends after a reconnect, and does what it is told as soon as it is connected.
 */
export class RawClient {
  readonly plan: ClientPlan
  readonly #world: World
  readonly #dial: Dial
  readonly #random: Random
  readonly #outgoing: Outgoing
  /** QoS 2 messages that came and wait for their PUBREL, and the Reason Code that each got or will get. */
  readonly #incoming = new Map<number, number>()
  #backlog: Operation[] = []
  #link: Link | undefined
  #online = false
  #generation = 0
  #everConnected = false
  #nextConnectIsClean: boolean
  #expirySeconds: number
  #aliases = new Map<number, string>()
  #aliasMaximum = 0
  #comesBack = true
  #acknowledgedAt = 0
  #farewell: Farewell = 'stay'

  constructor(world: World, plan: ClientPlan, dial: Dial, random: Random) {
    this.#world = world
    this.plan = plan
    this.#dial = dial
    this.#random = random
    this.#expirySeconds = plan.sessionExpiryIntervalSeconds
    this.#outgoing = new Outgoing((packet) => this.#send(packet))
    // Clean Session of 3.1.1 says how long a Session lasts, Clean Start of 5.0 how it begins.
    this.#nextConnectIsClean = plan.version === 5
  }

  get link(): Link | undefined {
    return this.#link
  }

  get online(): boolean {
    return this.#online
  }

  /** Nothing of it waits for anybody. */
  get idle(): boolean {
    return this.#farewell === 'left' || (this.#online && this.#outgoing.idle && this.#backlog.length === 0)
  }

  /** It has left, and does not come back. */
  get left(): boolean {
    return this.#farewell === 'left'
  }

  do(operation: Operation): void {
    if (this.#farewell !== 'stay') return
    if (operation.type === 'take-over') return this.connect(operation.cleanStart)
    if (!this.#online) {
      if (this.#backlog.length < BACKLOG && operation.type !== 'ping') this.#backlog.push(operation)
      return
    }
    this.#perform(operation)
  }

  /** A new connection; the old one, if there is one, is forgotten and not closed. */
  connect(cleanStart = this.#nextConnectIsClean): void {
    this.#comesBack = true
    this.#online = false
    const { plan } = this
    let link: Link | undefined
    link = this.#dial(plan, {
      onPacket: (packet) => {
        if (this.#link === link) this.#received(packet)
      },
      onClose: () => {
        if (this.#link === link) this.#lost()
      },
    })
    this.#link = link
    if (link === undefined) return this.#later()
    const clean = cleanStart || plan.sessionExpiryIntervalSeconds === 0
    if (clean) this.#forgetSession()
    this.#nextConnectIsClean = false
    this.#generation++
    this.#send(this.#connectPacket(clean))
  }

  /** Everything is over: its Session ends, and it goes. */
  leave(): void {
    if (this.#farewell !== 'stay') return
    this.#farewell = 'leave'
    this.#backlog = []
    this.connect(true)
  }

  #connectPacket(cleanStart: boolean): Packet {
    const { plan } = this
    const leaving = this.#farewell === 'leave'
    const { will } = plan
    this.#expirySeconds = leaving ? 0 : plan.sessionExpiryIntervalSeconds
    return {
      type: 'connect',
      protocolVersion: plan.version,
      clientId: plan.name,
      cleanStart,
      keepAliveSeconds: plan.keepAliveSeconds,
      username: plan.principal,
      ...(will !== undefined &&
        !leaving && {
          will: {
            topicName: will.topicName,
            payload: payloadOf(`w-${plan.name}-${this.#generation}`, 0),
            qos: will.qos,
            retain: will.retain,
            ...(plan.version === 5 && {
              properties: { willDelayIntervalSeconds: will.willDelayIntervalSeconds },
            }),
          },
        }),
      ...(plan.version === 5 && {
        properties: {
          receiveMaximum: plan.receiveMaximum,
          ...(this.#expirySeconds > 0 && { sessionExpiryIntervalSeconds: this.#expirySeconds }),
          ...(plan.maximumPacketSizeBytes !== undefined && { maximumPacketSizeBytes: plan.maximumPacketSizeBytes }),
          ...(plan.topicAliasMaximum > 0 && { topicAliasMaximum: plan.topicAliasMaximum }),
        },
      }),
    }
  }

  #received(packet: Packet): void {
    switch (packet.type) {
      case 'connack':
        return this.#accepted(packet)
      case 'publish':
        return this.#message(packet)
      case 'pubrel':
        this.#incoming.delete(packet.packetId)
        return this.#acknowledge({ type: 'pubcomp', packetId: packet.packetId, reasonCode: 0 })
      case 'puback':
      case 'pubrec':
      case 'pubcomp':
        this.#outgoing.acknowledged(packet)
    }
  }

  #accepted(packet: ConnackPacket): void {
    if (isRefused(packet.reasonCode)) return this.#link?.closeByClient() ?? this.#lost()
    if (!packet.sessionPresent && this.#everConnected) this.#forgetSession()
    this.#everConnected = true
    this.#online = true
    this.#aliases = new Map()
    this.#aliasMaximum = packet.properties?.topicAliasMaximum ?? 0
    this.#outgoing.resume(packet.properties?.receiveMaximum ?? 0xffff, packet.sessionPresent)
    if (this.#farewell === 'leave') {
      this.#send({ type: 'disconnect', reasonCode: 0 })
      this.#farewell = 'left'
      return this.#link?.closeByClient()
    }
    const backlog = this.#backlog
    this.#backlog = []
    for (const operation of backlog) this.do(operation)
    this.#keepAlive(this.#link!)
  }

  /** Silence is one of the things that go wrong; when nothing does any more, it keeps its connection. */
  #keepAlive(link: Link): void {
    const { keepAliveSeconds } = this.plan
    if (keepAliveSeconds === 0) return
    this.#world.schedule.after(keepAliveSeconds * 500, () => {
      if (this.#link !== link || this.#farewell !== 'stay') return
      if (this.#world.healed) this.#send({ type: 'pingreq' })
      this.#keepAlive(link)
    })
  }

  #message(packet: PublishPacket): void {
    const connection = this.#link!.id
    const hand = (): void =>
      this.#world.record({
        type: 'handed-over',
        connection,
        client: this.plan.name,
        message: messageOf(packet.payload),
        at: this.#world.now,
      })
    if (packet.qos === 0) return hand()
    const packetId = packet.packetId!
    const { refusesOneIn } = this.plan
    const reasonCode =
      refusesOneIn > 0 && this.plan.version === 5 && this.#random.between(1, refusesOneIn) === 1 ? 0x83 : 0
    if (packet.qos === 1) {
      hand()
      return this.#acknowledge({ type: 'puback', packetId, reasonCode })
    }
    const before = this.#incoming.get(packetId)
    if (before === undefined) hand()
    // What it has decided it does not forget before it has said so, whatever becomes of the connection.
    this.#incoming.set(packetId, before ?? reasonCode)
    return this.#acknowledge({ type: 'pubrec', packetId, reasonCode: before ?? reasonCode })
  }

  /** In the order of what is acknowledged, after the application has thought. */
  #acknowledge(packet: Packet): void {
    const link = this.#link
    const { now, healed } = this.#world
    // An application that thinks for half a second about each of hundreds of messages would not be done within a minute.
    const thinksMs = healed ? 0 : this.plan.acknowledgesAfterMs
    if (thinksMs === 0 && this.#acknowledgedAt <= now) return this.#send(packet)
    this.#acknowledgedAt = Math.max(this.#acknowledgedAt + 0.001, now + thinksMs * this.#random.fraction())
    this.#world.schedule.after(this.#acknowledgedAt - now, () => {
      if (this.#link === link) this.#send(packet)
    })
  }

  #perform(operation: Operation): void {
    switch (operation.type) {
      case 'publish':
        return this.#publish(operation)
      case 'subscribe': {
        const { topicFilter, qos, noLocal, retainAsPublished, retainHandling, subscriptionIdentifier } = operation
        const five = this.plan.version === 5
        const options = five
          ? { noLocal: noLocal && !topicFilter.startsWith('$share/'), retainAsPublished, retainHandling }
          : { noLocal: false, retainAsPublished: false, retainHandling: 0 as const }
        return this.#send({
          type: 'subscribe',
          packetId: this.#outgoing.requestIdentifier(),
          subscriptions: [{ topicFilter, qos, ...options }],
          ...(five && subscriptionIdentifier !== undefined && { properties: { subscriptionIdentifier } }),
        })
      }
      case 'unsubscribe':
        return this.#send({
          type: 'unsubscribe',
          packetId: this.#outgoing.requestIdentifier(),
          topicFilters: [operation.topicFilter],
        })
      case 'ping':
        return this.#send({ type: 'pingreq' })
      case 'disconnect':
        return this.#disconnect(operation)
      default:
        return undefined
    }
  }

  #publish(operation: Extract<Operation, { type: 'publish' }>): void {
    const { topicName, qos, retain, empty, message, fillerBytes, messageExpiryIntervalSeconds, userProperty } =
      operation
    const packet: PublishPacket = {
      type: 'publish',
      topicName,
      payload: empty ? NOTHING : payloadOf(message, fillerBytes),
      qos,
      retain: retain || empty,
      dup: false,
      ...(this.plan.version === 5 &&
        (messageExpiryIntervalSeconds !== undefined || userProperty) && {
          properties: {
            ...(messageExpiryIntervalSeconds !== undefined && { messageExpiryIntervalSeconds }),
            ...(userProperty && { userProperties: [['k', message]] as const }),
          },
        }),
    }
    if (qos > 0) this.#outgoing.publish(packet)
    else this.#send(operation.aliased ? this.#withAlias(packet) : packet)
  }

  #withAlias(packet: PublishPacket): PublishPacket {
    if (this.plan.version !== 5 || this.#aliasMaximum === 0) return packet
    const topicAlias = this.#random.between(1, this.#aliasMaximum)
    const known = this.#aliases.get(topicAlias) === packet.topicName
    this.#aliases.set(topicAlias, packet.topicName)
    return {
      ...packet,
      topicName: known ? '' : packet.topicName,
      properties: { ...packet.properties, topicAlias },
    }
  }

  #disconnect(operation: Extract<Operation, { type: 'disconnect' }>): void {
    const { reasonCode, sessionExpiryIntervalSeconds: asked, awayMs } = operation
    const five = this.plan.version === 5
    const expiry = five && this.#expirySeconds > 0 ? asked : undefined
    this.#send({
      type: 'disconnect',
      reasonCode: five ? reasonCode : 0,
      ...(expiry !== undefined && { properties: { sessionExpiryIntervalSeconds: expiry } }),
    })
    if (expiry === 0) this.#forgetSession()
    this.#link?.closeByClient()
    this.#link = undefined
    this.#online = false
    this.#comesBack = false
    this.#world.schedule.after(awayMs, () => {
      if (!this.#comesBack && this.#farewell === 'stay') this.connect()
    })
  }

  #lost(): void {
    this.#link = undefined
    this.#online = false
    if (this.#farewell !== 'left') this.#later()
  }

  #later(): void {
    const { reconnectsAfterMs } = this.plan
    const link = this.#link
    this.#world.schedule.after(reconnectsAfterMs * (0.1 + this.#random.fraction()), () => {
      if (this.#link === link && link === undefined && this.#comesBack && this.#farewell !== 'left') {
        this.connect(this.#farewell === 'leave' ? true : undefined)
      }
    })
  }

  /** The Session State is gone, here and at the server. */
  #forgetSession(): void {
    if (!this.#outgoing.empty) {
      this.#world.record({ type: 'session-lost', client: this.plan.name, at: this.#world.now })
    }
    this.#outgoing.clear()
    this.#incoming.clear()
  }

  #send(packet: Packet): void {
    // [MQTT-4.3.3-9] What was refused is no longer in use.
    if (packet.type === 'pubrec' && packet.reasonCode >= 0x80) this.#incoming.delete(packet.packetId)
    this.#link?.sendPacket(packet, encode(packet, this.plan.version))
  }
}
