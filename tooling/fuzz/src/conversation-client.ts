import { decodeFrame, FrameScanner, isDecodeFailure, type Packet, type ProtocolVersion } from '@godwit/mqtt-codec'
import type { VirtualClient } from '@godwit/mqtt-broker/testing'
import { demand } from './finding.ts'

/** Packets that a Server sends. */
const FROM_SERVER = new Set<Packet['type']>([
  ...(['connack', 'publish', 'puback', 'pubrec', 'pubrel', 'pubcomp', 'suback', 'unsuback', 'pingresp'] as const),
  ...(['disconnect', 'auth'] as const),
])

/** What only 5.0 has. */
const FROM_SERVER_IN_5 = new Set<Packet['type']>(['disconnect', 'auth'])

/** Reads what the broker sends to one connection, byte for byte, and holds it to what a Client may rely on. */
export class ConversationClient {
  readonly virtual: VirtualClient
  /** Packet Identifiers of PUBLISH packets that came and that we have not answered to their end. */
  readonly received = new Map<number, 1 | 2>()
  /** Those of PUBREL packets that came. */
  readonly released = new Set<number>()
  /** Topics by their Alias. */
  readonly #aliases = new Map<number, string>()
  readonly #scanner: FrameScanner
  #connack = false
  #over = false
  readonly #receiveMaximum: number
  readonly #topicAliasMaximum: number
  readonly #asksForReasons: boolean

  constructor(virtual: VirtualClient, connect: Extract<Packet, { type: 'connect' }>) {
    this.virtual = virtual
    const { properties = {} } = connect
    this.#receiveMaximum = properties.receiveMaximum ?? 65_535
    this.#topicAliasMaximum = properties.topicAliasMaximum ?? 0
    this.#asksForReasons = properties.requestProblemInformation ?? true
    this.#scanner = new FrameScanner({
      version: virtual.version,
      maximumPacketSizeBytes: properties.maximumPacketSizeBytes,
    })
  }

  get version(): ProtocolVersion {
    return this.virtual.version
  }

  get open(): boolean {
    return this.#connack && !this.virtual.closed
  }

  /** Looks at what has come: whole packets of its version, none above its Maximum Packet Size. */
  read(history: () => string): void {
    const { virtual, version } = this
    if (virtual.bytes.length === 0) return
    const scanner = this.#scanner
    scanner.push(Uint8Array.from(virtual.bytes))
    virtual.bytes = []
    while (scanner.next()) {
      const packet = decodeFrame(scanner.bytes, scanner.start, scanner.bodyStart, scanner.end, version)
      if (isDecodeFailure(packet)) scanner.failure = packet
      else this.#packet(packet, history)
      if (scanner.failure !== undefined) break
    }
    const { failure } = scanner
    demand(failure === undefined, () => `what the broker sent is refused: ${failure?.message}`, history)
  }

  #packet(packet: Packet, history: () => string): void {
    const { version } = this
    demand(!this.#over, () => `${packet.type} after the end`, history)
    demand(FROM_SERVER.has(packet.type), () => `${packet.type} from a Server`, history)
    demand(version === 5 || !FROM_SERVER_IN_5.has(packet.type), () => `${packet.type} of 5.0 in ${version}`, history)
    demand(
      this.#connack === (packet.type !== 'connack') || (packet.type === 'auth' && !this.#connack),
      () => `${packet.type} ${this.#connack ? 'behind' : 'before'} the CONNACK`,
      history,
    )
    // [MQTT-3.1.2-29]
    const explained =
      'properties' in packet && (packet.properties as { reasonString?: string }).reasonString !== undefined
    demand(
      !explained || this.#asksForReasons || packet.type === 'connack' || packet.type === 'disconnect',
      () => `a Reason String in ${packet.type} that nobody asked for`,
      history,
    )
    switch (packet.type) {
      case 'connack':
        this.#connack = true
        this.#over = packet.reasonCode !== 0
        return
      case 'disconnect':
        this.#over = true
        return
      case 'publish':
        return this.#publish(packet, history)
      case 'pubrel':
        this.released.add(packet.packetId)
        return
    }
  }

  #publish(packet: Extract<Packet, { type: 'publish' }>, history: () => string): void {
    const { properties = {} } = packet
    const alias = properties.topicAlias ?? 0
    demand(alias <= this.#topicAliasMaximum, () => `Topic Alias ${alias} above the maximum`, history)
    if (packet.topicName === '') demand(this.#aliases.has(alias), () => `Topic Alias ${alias} is not known`, history)
    else if (alias > 0) this.#aliases.set(alias, packet.topicName)
    const { packetId } = packet
    if (packet.qos === 0 || packetId === undefined) return
    demand(!this.received.has(packetId), () => `Packet Identifier ${packetId} is in use`, history)
    this.received.set(packetId, packet.qos)
    demand(
      this.received.size <= this.#receiveMaximum,
      () => `${this.received.size} messages with a Receive Maximum of ${this.#receiveMaximum}`,
      history,
    )
  }
}
