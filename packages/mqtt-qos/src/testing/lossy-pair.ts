import { restoreReceiver, restoreSender } from '../session-snapshot.ts'
import { NaiveDelivery } from './naive-delivery.ts'
import { ActionPeer, NumericPeer, type Peer } from './peer.ts'
import { DeliveryFault, type DeliveryMachines, type TestMessage, type WirePacket } from './wire.ts'

export type Side = 0 | 1

/** The machines of this package. */
export const machines: DeliveryMachines = {
  sender: (receiveMaximum, snapshot) => restoreSender({ receiveMaximum }, snapshot),
  receiver: (receiveMaximum, snapshot) => restoreReceiver({ receiveMaximum }, snapshot),
}

/** More packets than any drain needs: a drain that takes more goes in circles. */
const DRAIN_LIMIT = 100_000

/**
 * Two peers, both of which publish and receive, over a link that delivers, loses, breaks and comes back as it is told. Side 0 uses the numeric
 * methods, side 1 the actions. What breaks a rule of delivery throws a `DeliveryFault`.
 */
export class LossyPair {
  readonly #peers: readonly [Peer, Peer]
  /** Packets under way, by the side that they come from. */
  readonly #queues: readonly [WirePacket[], WirePacket[]] = [[], []]
  /** The rules, by the side that publishes. */
  readonly #rules: readonly [NaiveDelivery, NaiveDelivery] = [new NaiveDelivery(), new NaiveDelivery()]
  #serial = 0
  #connected = false
  #announced: readonly [number, number] = [0, 0]

  /** @param ownMaximums each side's own limit of messages in flight */
  constructor(ownMaximums: readonly [number, number] = [20, 20], by: DeliveryMachines = machines) {
    this.#peers = [
      new NumericPeer(by, ownMaximums[0], this.#observer(0)),
      new ActionPeer(by, ownMaximums[1], this.#observer(1)),
    ]
  }

  get connected(): boolean {
    return this.#connected
  }

  underWay(from: Side): number {
    return this.#queues[from].length
  }

  peer(side: Side): Peer {
    return this.#peers[side]
  }

  publish(from: Side, qos: 1 | 2, refused = false): TestMessage {
    this.#serial += 1
    const message = { serial: this.#serial, qos, refused }
    this.#rules[from].published(message)
    this.#peers[from].publish(message)
    return message
  }

  /** Delivers the first packets under way from a side. */
  deliver(from: Side, count: number): void {
    for (const packet of this.#queues[from].splice(0, count)) this.#peers[other(from)].receive(packet)
  }

  /** The link loses one packet and goes on. */
  lose(from: Side): void {
    if (this.#queues[from].shift() === undefined) return
    for (const rules of this.#rules) rules.packetLost()
  }

  /** The connection breaks, and what was under way is gone. */
  cut(): void {
    this.#connected = false
    for (const side of [0, 1] as const) {
      this.#queues[side].length = 0
      this.#peers[side].cut()
    }
  }

  crash(side: Side): void {
    this.cut()
    this.#peers[side].crash()
  }

  /** A new connection of the same Session; an old one breaks. @param announced each side's Receive Maximum */
  connect(announced: readonly [number, number]): void {
    this.cut()
    this.#connected = true
    this.#announced = announced
    for (const side of [0, 1] as const) this.#rules[side].connected(announced[other(side)])
    for (const side of [0, 1] as const) {
      this.#peers[side].connect((packet) => this.#queues[side].push(packet), announced[other(side)], announced[side])
    }
  }

  /** Connects once more and delivers until nothing is under way: then nothing may be missing, left over or leaked. */
  drain(announced: readonly [number, number]): void {
    this.connect(announced)
    let packets = 0
    while (this.underWay(0) + this.underWay(1) > 0) {
      packets += this.underWay(0) + this.underWay(1)
      if (packets > DRAIN_LIMIT) throw new DeliveryFault('NOT_DRAINED', `${packets} packets and no end`)
      this.deliver(0, this.underWay(0))
      this.deliver(1, this.underWay(1))
    }
    for (const side of [0, 1] as const) {
      this.#rules[side].checkDrained()
      if (!this.#peers[side].idle) throw new DeliveryFault('SESSION_LEFT_OVER', `side ${side}`)
      const leaked = this.#peers[side].leakedQuota(this.#announced[other(side)])
      if (leaked !== 0) throw new DeliveryFault('QUOTA_LEAKED', `${leaked} of side ${side}`)
    }
  }

  #observer(side: Side): ConstructorParameters<typeof NumericPeer>[2] {
    return {
      ...this.#rules[side].sender,
      messageDelivered: (message) => this.#rules[other(side)].messageDelivered(message),
    }
  }
}

function other(side: Side): Side {
  return side === 0 ? 1 : 0
}
