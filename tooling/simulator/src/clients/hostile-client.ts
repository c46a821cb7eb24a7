import { encode, type Packet } from '@godwit/mqtt-codec'
import type { ClientPlan, Operation } from '../plan.ts'
import type { Link } from '../world/link.ts'
import type { Random } from '../world/random.ts'
import { payloadOf } from './payload.ts'
import type { Dial } from './raw-client.ts'

/** Somebody who means no good: it connects, sends what no client should, and does not read the answers. */
export class HostileClient {
  readonly plan: ClientPlan
  readonly #dial: Dial
  readonly #random: Random
  #link: Link | undefined

  constructor(plan: ClientPlan, dial: Dial, random: Random) {
    this.plan = plan
    this.#dial = dial
    this.#random = random
  }

  get link(): Link | undefined {
    return this.#link
  }

  do(operation: Operation): void {
    if (operation.type !== 'attack') return
    const attack = ATTACKS[operation.kind]!
    if (this.#link === undefined || this.#link.clientGone) this.#open(attack.connects)
    this.#link?.sendBytes(attack.bytes(this.#random.fork(`attack ${operation.choice}`)))
    if (attack.closes) this.leave()
  }

  leave(): void {
    this.#link?.closeByClient()
    this.#link = undefined
  }

  #open(connects: boolean): void {
    const { plan } = this
    this.#link = this.#dial(plan, { onClose: () => {} })
    if (!connects) return
    this.#link?.sendBytes(
      encode(
        {
          type: 'connect',
          protocolVersion: plan.version,
          clientId: plan.name,
          cleanStart: true,
          keepAliveSeconds: 0,
          username: plan.principal,
        },
        plan.version,
      ),
    )
  }
}

interface Attack {
  /** Whether it needs to be let in first. */
  readonly connects: boolean
  readonly closes?: boolean
  bytes(random: Random): Uint8Array
}

const five = (packet: Packet): Uint8Array => encode(packet, 5)
const noise = (random: Random, length: number): Uint8Array => Uint8Array.from({ length }, () => random.between(0, 255))
const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** Numbers are those of the hostile cases that they are taken from. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  noise: { connects: false, bytes: (random) => noise(random, random.between(1, 200)) },
  'noise after CONNECT': { connects: true, bytes: (random) => noise(random, random.between(1, 200)) },
  'a Remaining Length without end': { connects: true, bytes: () => Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff, 0x7f) },
  'a promise of 256 MiB': { connects: true, bytes: () => Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f) },
  'a packet of a Server': { connects: true, bytes: () => Uint8Array.of(0x20, 0x03, 0x00, 0x00, 0x00) },
  'a second CONNECT': {
    connects: true,
    bytes: () =>
      encode({ type: 'connect', protocolVersion: 5, clientId: 'z', cleanStart: true, keepAliveSeconds: 0 }, 5),
  },
  'an acknowledgement of nothing': {
    connects: true,
    bytes: (random) => five({ type: 'puback', packetId: random.between(1, 0xffff), reasonCode: 0 }),
  },
  'PUBREL of nothing': {
    connects: true,
    bytes: (random) => five({ type: 'pubrel', packetId: random.between(1, 0xffff), reasonCode: 0 }),
  },
  'PUBLISH before CONNECT': { connects: false, bytes: () => Uint8Array.of(0x30, 0x03, 0x00, 0x01, 0x61) },
  'a wildcard in a Topic Name': { connects: true, bytes: () => Uint8Array.of(0x30, 0x04, 0x00, 0x01, 0x23, 0x00) },
  'an alias that is too large': {
    connects: true,
    // Without a Topic Name: before 5.0 these bytes are a PUBLISH that nothing is wrong with but that.
    bytes: () => Uint8Array.of(0x30, 0x06, 0x00, 0x00, 0x03, 0x23, 0xff, 0xff),
  },
  'QoS 2 without PUBREL': {
    connects: true,
    bytes: (random) =>
      join(
        ...Array.from({ length: random.between(1, 100) }, (_, place) =>
          five({
            type: 'publish',
            topicName: 'hostile/never',
            payload: payloadOf(`h${random.word()}-${place}`, 3),
            qos: 2,
            retain: false,
            dup: false,
            packetId: place + 1,
          }),
        ),
      ),
  },
  'the topics of others, ill-formed': {
    connects: true,
    bytes: () => Uint8Array.of(0x30, 0x06, 0x00, 0x02, 0xc3, 0x28, 0x00, 0x61),
  },
  'SUBSCRIBE to nothing': { connects: true, bytes: () => Uint8Array.of(0x82, 0x03, 0x00, 0x01, 0x00) },
  // Where the bytes of another attack end it, nobody is to get it.
  'a packet that never ends': { connects: true, bytes: () => Uint8Array.of(0x30, 0x40, 0x00, 0x01, 0x23) },
  'CONNECT and away': { connects: true, closes: true, bytes: () => Uint8Array.of(0xc0) },
}
