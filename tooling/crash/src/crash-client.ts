import { connect, type Socket } from 'node:net'
import { encode, type Packet, type ProtocolVersion, type PublishPacket, StreamDecoder } from '@godwit/mqtt-codec'
import { nodeText } from '@godwit/mqtt-codec/node'

export interface CrashClientOptions {
  readonly clientId: string
  readonly version: ProtocolVersion
  /** Whether its Session outlives its connections. */
  readonly durable: boolean
  readonly will?: {
    readonly topicName: string
    readonly payload: string
    readonly qos: 1 | 2
    /** 5.0 only. Default 0. */
    readonly delaySeconds?: number
  }
  onMessage?(topicName: string, payload: string, retain: boolean): void
}

/** A message on its way out, until its handshake is done. */
interface Outgoing {
  readonly packet: PublishPacket
  released: boolean
  acknowledged(): void
  completed(): void
}

/**
 * A Client of this suite's own, small enough to be read at once: what it keeps over a crash of the broker is what the specification
 * says a Client's Session State is. It is not our client package, so that the two cannot be wrong in the same way.
 */
export class CrashClient {
  readonly clientId: string
  readonly #options: CrashClientOptions
  #socket: Socket | undefined
  #nextPacketId = 1
  /** In the order in which they were sent: resends keep it [MQTT-4.6.0-1]. */
  readonly #outgoing = new Map<number, Outgoing>()
  /** QoS 2 identifiers that were received and not released. */
  readonly #received = new Set<number>()
  readonly #requests = new Map<number, (packet: Packet) => void>()
  #connacked: ((packet: Packet | undefined) => void) | undefined
  #closed: Promise<void> = Promise.resolve()
  /** Once a CONNACK has promised a Session, the next one must find it. */
  hadSession = false

  constructor(options: CrashClientOptions) {
    this.#options = options
    this.clientId = options.clientId
  }

  get unacknowledged(): number {
    return this.#outgoing.size
  }

  get connected(): boolean {
    return this.#socket !== undefined
  }

  /** Undefined: the broker was not there, or ended before it answered. Else whether it had the Session. */
  async connect(port: number): Promise<{ sessionPresent: boolean } | undefined> {
    const { version, durable, will } = this.#options
    const socket = connect({ host: '127.0.0.1', port })
    const decoder = new StreamDecoder({ version })
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      if (this.#socket !== socket) return
      const failure = decoder.push(chunk, (packet) => this.#handle(packet))
      if (failure !== undefined) socket.destroy()
    })
    this.#socket = socket
    this.#closed = new Promise((resolve) =>
      socket.on('close', () => {
        if (this.#socket === socket) this.#socket = undefined
        this.#connacked?.(undefined)
        resolve()
      }),
    )
    const answer = new Promise<Packet | undefined>((resolve) => (this.#connacked = resolve))
    this.#send({
      type: 'connect',
      protocolVersion: version,
      clientId: this.clientId,
      cleanStart: !durable,
      keepAliveSeconds: 0,
      ...(will !== undefined && {
        will: {
          topicName: will.topicName,
          payload: Buffer.from(will.payload),
          qos: will.qos,
          retain: false,
          ...(will.delaySeconds !== undefined && { properties: { willDelayIntervalSeconds: will.delaySeconds } }),
        },
      }),
      ...(version === 5 && durable && { properties: { sessionExpiryIntervalSeconds: 86_400 } }),
    })
    const packet = await answer
    this.#connacked = undefined
    if (packet?.type !== 'connack' || packet.reasonCode !== 0) return undefined
    if (!packet.sessionPresent) this.#received.clear()
    this.hadSession = durable
    this.#resend(packet.sessionPresent)
    return { sessionPresent: packet.sessionPresent }
  }

  /**
   * Sends a message. `acknowledged` is called when the broker has taken it over (PUBACK or PUBREC; at once for QoS 0), `completed` when
   * nothing more is to be done: a broker may put a QoS 2 message to use at its PUBREL only.
   */
  publish(
    topicName: string,
    payload: string,
    qos: 0 | 1 | 2,
    retain: boolean,
    acknowledged: () => void,
    completed: () => void = () => {},
  ): void {
    const message = { type: 'publish', topicName, payload: Buffer.from(payload), retain, dup: false } as const
    if (qos === 0) {
      this.#send({ ...message, qos })
      acknowledged()
      completed()
      return
    }
    const packet: PublishPacket = { ...message, qos, packetId: this.#takePacketId() }
    this.#outgoing.set(packet.packetId ?? 0, { packet, released: false, acknowledged, completed })
    this.#send(packet)
  }

  /** Resolves with whether the broker said yes; undefined when the connection ended before. */
  async subscribe(topicFilter: string, qos: 0 | 1 | 2): Promise<boolean | undefined> {
    const packetId = this.#takePacketId()
    const request = { topicFilter, qos, noLocal: false, retainAsPublished: true, retainHandling: 0 } as const
    const answer = await this.#request({ type: 'subscribe', packetId, subscriptions: [request] }, packetId)
    return answer?.type === 'suback' ? (answer.reasonCodes[0] ?? 0x80) < 0x80 : undefined
  }

  async unsubscribe(topicFilter: string): Promise<boolean | undefined> {
    const packetId = this.#takePacketId()
    const answer = await this.#request({ type: 'unsubscribe', packetId, topicFilters: [topicFilter] }, packetId)
    return answer === undefined ? undefined : true
  }

  /** Ends the connection in order: no Will. */
  async disconnect(): Promise<void> {
    if (this.#socket === undefined) return
    this.#send({ type: 'disconnect', reasonCode: 0 })
    this.#socket.end()
    await this.#closed
  }

  /** Ends the connection without a word: the Will is due. */
  async drop(): Promise<void> {
    this.#socket?.destroy()
    await this.#closed
  }

  /** Resolves when the connection is gone. */
  closed(): Promise<void> {
    return this.#closed
  }

  #request(packet: Packet, packetId: number): Promise<Packet | undefined> {
    const answered = new Promise<Packet>((resolve) => this.#requests.set(packetId, resolve))
    this.#send(packet)
    return Promise.race([answered, this.#closed.then(() => undefined)]).finally(() => this.#requests.delete(packetId))
  }

  /** Unfinished handshakes go on; where the broker has forgotten the Session a PUBREL has nobody to talk to. */
  #resend(sessionPresent: boolean): void {
    for (const [packetId, outgoing] of this.#outgoing) {
      if (outgoing.released) {
        if (sessionPresent) this.#send({ type: 'pubrel', packetId, reasonCode: 0 })
        else this.#complete(packetId)
      } else this.#send({ ...outgoing.packet, dup: sessionPresent })
    }
  }

  #handle(packet: Packet): void {
    switch (packet.type) {
      case 'connack':
        this.#connacked?.(packet)
        break
      case 'publish':
        this.#handlePublish(packet)
        break
      case 'pubrel':
        this.#received.delete(packet.packetId)
        this.#send({ type: 'pubcomp', packetId: packet.packetId, reasonCode: 0 })
        break
      case 'puback':
        this.#finish(packet.packetId, packet.reasonCode < 0x80)
        break
      case 'pubrec': {
        const outgoing = this.#outgoing.get(packet.packetId)
        if (packet.reasonCode >= 0x80) {
          this.#finish(packet.packetId, false)
          break
        }
        if (outgoing !== undefined && !outgoing.released) {
          outgoing.released = true
          outgoing.acknowledged()
        }
        this.#send({ type: 'pubrel', packetId: packet.packetId, reasonCode: 0 })
        break
      }
      case 'pubcomp':
        this.#complete(packet.packetId)
        break
      case 'suback':
      case 'unsuback':
        this.#requests.get(packet.packetId)?.(packet)
        break
      default:
        break
    }
  }

  #handlePublish(packet: PublishPacket): void {
    const { packetId = 0, qos } = packet
    const deliver = (): void =>
      this.#options.onMessage?.(packet.topicName, Buffer.from(packet.payload).toString(), packet.retain)
    if (qos === 2) {
      // Method B of the specification: an identifier that is not released yet is a repeat.
      if (!this.#received.has(packetId)) deliver()
      this.#received.add(packetId)
      this.#send({ type: 'pubrec', packetId, reasonCode: 0 })
      return
    }
    deliver()
    if (qos === 1) this.#send({ type: 'puback', packetId, reasonCode: 0 })
  }

  #finish(packetId: number, taken: boolean): void {
    const outgoing = this.#outgoing.get(packetId)
    this.#outgoing.delete(packetId)
    if (!taken || outgoing === undefined) return
    outgoing.acknowledged()
    outgoing.completed()
  }

  #complete(packetId: number): void {
    this.#outgoing.get(packetId)?.completed()
    this.#outgoing.delete(packetId)
  }

  #takePacketId(): number {
    do this.#nextPacketId = (this.#nextPacketId % 65_535) + 1
    while (this.#outgoing.has(this.#nextPacketId) || this.#requests.has(this.#nextPacketId))
    return this.#nextPacketId
  }

  #send(packet: Packet): void {
    this.#socket?.write(encode(packet, this.#options.version, nodeText))
  }
}
