import { createConnection, type Socket } from 'node:net'
import { encode, type Packet, type ProtocolVersion, StreamDecoder } from '@godwit/mqtt-codec'

/** How long a broker may be silent before that counts as its answer: it is there for a run that would hang for ever. */
const PATIENCE_MS = 60_000

/** One connection to a broker of any make. Messages that come are acknowledged at once, so that their identifiers do not matter. */
export class WireClient {
  readonly version: ProtocolVersion
  closed = false
  /** Packets that came, but for answers to a PINGREQ. */
  received = 0
  readonly #socket: Socket
  readonly #decoder: StreamDecoder
  #said: string[] = []
  /** PINGREQ packets that were sent, and those that were answered. */
  #asked = 0
  #answered = 0
  #changed: (() => void) | undefined

  private constructor(socket: Socket, version: ProtocolVersion) {
    this.version = version
    this.#socket = socket
    this.#decoder = new StreamDecoder({ version })
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
      this.#changed?.()
    })
  }

  static async open(port: number, version: ProtocolVersion): Promise<WireClient> {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new WireClient(socket, version)
  }

  send(bytes: Uint8Array): void {
    if (this.closed) return
    if (bytes[0] === PINGREQ[0]) this.#asked++
    this.#socket.write(bytes)
  }

  /** Everything that it was sent has been answered when this returns, or the connection is gone. */
  async settle(): Promise<void> {
    if (this.closed) return
    this.send(PINGREQ)
    await this.#until(() => this.#answered >= this.#asked || this.closed)
  }

  /** What came since the last look, in words; messages in an order that does not depend on who was served first. */
  take(): readonly string[] {
    const said = this.#said
    this.#said = []
    if (this.closed) said.push('closed')
    return [
      ...said.filter((each) => !each.startsWith('publish')),
      ...said.filter((each) => each.startsWith('publish')).toSorted(),
    ]
  }

  async cut(): Promise<void> {
    this.#socket.destroy()
    await this.#until(() => this.closed)
  }

  #read(chunk: Uint8Array): void {
    const failure = this.#decoder.push(chunk, (packet) => this.#packet(packet))
    if (failure !== undefined) this.#said.push(`sent what is refused: ${failure.message}`)
    this.#changed?.()
  }

  #packet(packet: Packet): void {
    if (packet.type === 'pingresp') {
      this.#answered++
      return
    }
    this.received++
    if (packet.type === 'publish' && packet.packetId !== undefined && packet.qos > 0)
      this.#answer(packet.qos === 1 ? 'puback' : 'pubrec', packet.packetId)
    if (packet.type === 'pubrel') return this.#answer('pubcomp', packet.packetId)
    // A Server may pass a QoS 2 message on when it comes or when it is released (§4.3.3): both have then.
    if (packet.type === 'pubrec' && packet.reasonCode < 0x80) this.#answer('pubrel', packet.packetId)
    this.#said.push(inWords(packet))
  }

  #answer(type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', packetId: number): void {
    this.send(encode({ type, packetId, reasonCode: 0 }, this.version).slice())
  }

  async #until(holds: () => boolean): Promise<void> {
    const deadline = setTimeout(() => {
      this.#said.push('silent')
      this.#socket.destroy()
    }, PATIENCE_MS)
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
    clearTimeout(deadline)
  }
}

export const PINGREQ = Uint8Array.of(0xc0, 0x00)

/** What of a packet two brokers have to agree on. What a CONNACK offers is each broker's own. */
const inWords = (packet: Packet): string => {
  switch (packet.type) {
    case 'connack':
      return `connack ${code(packet.reasonCode)}${packet.sessionPresent ? ' session present' : ''}`
    case 'publish': {
      const { topicName, qos, retain, payload, properties = {} } = packet
      const identifiers = [...(properties.subscriptionIdentifiers ?? [])].toSorted((one, other) => one - other)
      const words = [`publish ${topicName} qos ${qos}`, retain ? 'retain' : '', `${payload.length} bytes`]
      if (identifiers.length > 0) words.push(`subscriptions ${identifiers.join(',')}`)
      if (properties.userProperties !== undefined) words.push(JSON.stringify(properties.userProperties))
      return words.filter((word) => word !== '').join(' ')
    }
    case 'puback':
    case 'pubrec':
    case 'pubcomp':
      return `${packet.type} ${packet.packetId} ${code(packet.reasonCode)}`
    case 'suback':
      return `suback ${packet.packetId} ${packet.reasonCodes.map(code).join(' ')}`
    case 'unsuback':
      return `unsuback ${packet.packetId} ${packet.reasonCodes?.map(code).join(' ') ?? ''}`
    case 'disconnect':
      return `disconnect ${code(packet.reasonCode)}`
    default:
      return packet.type
  }
}

const code = (reasonCode: number): string => reasonCode.toString(16).padStart(2, '0')
