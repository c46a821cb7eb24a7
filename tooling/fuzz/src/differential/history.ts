import { decode, isDecodeFailure, type Packet } from '@godwit/mqtt-codec'
import { isTopicFilter } from '@godwit/mqtt-topics'
import type { Step } from './script.ts'

/** A connection as the steps of a conversation made it. */
export interface Connection {
  readonly place: number
  readonly clientId: string
  readonly will: boolean
  /** Whether the Session outlives the connection. */
  readonly persistent: boolean
}

interface Options {
  noLocal: boolean
  retainAsPublished: boolean
}

/** What the last of some steps met: only what explanations ask about, and only from what was sent. */
export class History {
  /** Whose connection the last step took over. */
  displaced: Connection | undefined
  /** A connection with a Will was taken over, and its Session went on. */
  willOfSessionThatGoesOn = false
  /** Somebody with a Will sent a second CONNECT. */
  willBeforeSecondConnect = false
  readonly #places = new Map<number, Connection>()
  /** The connection that has a Client Identifier now, unless it was closed without a step. */
  readonly #holders = new Map<string, Connection>()
  /** The last connection that a Client Identifier had. */
  readonly #latest = new Map<string, Connection>()
  readonly #secondConnects = new Set<string>()
  readonly #halfSubscribed = new Map<string, string[]>()
  readonly #options = new Map<string, Map<string, Options>>()
  readonly #replaced = new Map<string, Options>()

  constructor(steps: readonly Step[]) {
    for (const step of steps) {
      this.displaced = undefined
      if (step.act === 'cut') this.#leave(step.place)
      else this.#send(step)
    }
  }

  /** Whether the Client at that place sent a second CONNECT the last time that it was connected, or has just come back after one. */
  sentSecondConnect(place: number): boolean {
    return this.#secondConnects.has(this.#clientId(place))
  }

  /** The first Topic Filters of SUBSCRIBE packets of its that are malformed behind them. */
  halfSubscribed(place: number): readonly string[] {
    return this.#halfSubscribed.get(this.#clientId(place)) ?? []
  }

  /** Which options the Session at that place has seen change, in a SUBSCRIBE to a filter that it had before. */
  replacedOptions(place: number): Readonly<Options> {
    return this.#replaced.get(this.#clientId(place)) ?? { noLocal: false, retainAsPublished: false }
  }

  #clientId(place: number): string {
    return this.#places.get(place)?.clientId ?? ''
  }

  #send(step: Step): void {
    const packet = step.packet ?? meant(step)
    if (step.act === 'connect' && packet?.type === 'connect') this.#connect(step.place, packet)
    else if (typeOf(step) === CONNECT) this.#secondConnect(step.place)
    else if (packet?.type === 'disconnect') this.#leave(step.place)
    else if (packet?.type === 'subscribe') this.#subscribe(this.#clientId(step.place), packet)
    else if (typeOf(step) === SUBSCRIBE) this.#halfSubscribe(step)
  }

  #connect(place: number, packet: Packet & { readonly type: 'connect' }): void {
    const { clientId, cleanStart, protocolVersion, will, properties } = packet
    // Who comes again has cut the connection before.
    this.#leave(place)
    const held = this.#holders.get(clientId)
    this.displaced = held
    this.willOfSessionThatGoesOn ||= held?.will === true && held.persistent && !cleanStart
    const persistent =
      protocolVersion === 5 ? (properties?.sessionExpiryIntervalSeconds ?? 0) > 0 : cleanStart === false
    const connection = { place, clientId, will: will !== undefined, persistent }
    const resumes = !cleanStart && this.#latest.get(clientId)?.persistent === true
    this.#places.set(place, connection)
    this.#holders.set(clientId, connection)
    this.#latest.set(clientId, connection)
    if (resumes) return
    this.#secondConnects.delete(clientId)
    this.#halfSubscribed.delete(clientId)
    this.#options.delete(clientId)
    this.#replaced.delete(clientId)
  }

  #leave(place: number): void {
    const connection = this.#places.get(place)
    if (connection !== undefined && this.#holders.get(connection.clientId) === connection)
      this.#holders.delete(connection.clientId)
  }

  #secondConnect(place: number): void {
    const connection = this.#places.get(place)
    if (connection === undefined || this.#holders.get(connection.clientId) !== connection) return
    this.#secondConnects.add(connection.clientId)
    this.willBeforeSecondConnect ||= connection.will
  }

  #subscribe(clientId: string, packet: Packet & { readonly type: 'subscribe' }): void {
    const subscriptions = this.#options.get(clientId) ?? new Map<string, Options>()
    this.#options.set(clientId, subscriptions)
    for (const { topicFilter, noLocal, retainAsPublished } of packet.subscriptions) {
      const before = subscriptions.get(topicFilter)
      subscriptions.set(topicFilter, { noLocal, retainAsPublished })
      if (before === undefined) continue
      const changed = this.#replaced.get(clientId) ?? { noLocal: false, retainAsPublished: false }
      changed.noLocal ||= before.noLocal !== noLocal
      changed.retainAsPublished ||= before.retainAsPublished !== retainAsPublished
      this.#replaced.set(clientId, changed)
    }
  }

  #halfSubscribe(step: Step): void {
    const topicFilter = firstFilter(step)
    if (topicFilter === undefined) return
    const clientId = this.#clientId(step.place)
    this.#halfSubscribed.set(clientId, [...(this.#halfSubscribed.get(clientId) ?? []), topicFilter])
  }
}

/** The type of the packet that a step sends, by its number (§2.1.2). */
export const typeOf = ({ bytes }: Step): number | undefined => (bytes.length === 0 ? undefined : bytes[0]! >> 4)

/** The rule that the bytes of a step break, as our decoder names it. */
export const brokenRule = ({ bytes, version }: Step): string | undefined => {
  const packet = decode(bytes, version)
  return isDecodeFailure(packet) ? packet.message : undefined
}

/** A changed packet that is still one. */
export const meant = ({ bytes, version, act }: Step): Packet | undefined => {
  if (act === 'cut') return undefined
  const packet = decode(bytes, version)
  return isDecodeFailure(packet) ? undefined : packet
}

const CONNECT = 1
const SUBSCRIBE = 8

/** Of a SUBSCRIBE that cannot be decoded as a whole. A conversation's packets and their properties are shorter than 128 bytes. */
const firstFilter = ({ bytes, version }: Step): string | undefined => {
  const at = 2 + 2 + (version === 5 ? 1 + (bytes[4] ?? 0) : 0)
  const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  const filter = String.fromCharCode(...bytes.subarray(at + 2, at + 2 + length))
  return isTopicFilter(filter) ? filter : undefined
}
