import { encode, StreamDecoder, type DecodeFailure, type Packet, type ProtocolVersion } from '@godwit/mqtt-codec'
import { memoryPair } from '@godwit/mqtt-transport/memory'
import type { ByteStream } from '@godwit/mqtt-transport'
import type { Transport } from '../ports/transport.ts'
import { settle } from './virtual-runtime.ts'

type Of<T extends Packet['type']> = Extract<Packet, { type: T }>
type Answer = (packet: Packet, connection: ServerConnection) => void

/** The server's end of one connection. */
export class ServerConnection {
  readonly received: Packet[] = []
  readonly url: string
  failure: DecodeFailure | undefined
  closed = false
  paused = false
  version: ProtocolVersion = 5
  readonly #stream: ByteStream
  readonly #server: ScriptedServer

  constructor(server: ScriptedServer, stream: ByteStream, url: string) {
    this.#stream = stream
    this.#server = server
    this.url = url
    const decoder = new StreamDecoder()
    stream.open({
      onData: (chunk) => {
        this.failure ??= decoder.push(chunk, (packet) => {
          // The pair overwrites what it delivered, so that a kept view shows.
          const own = structuredClone(packet)
          if (own.type === 'connect') this.version = own.protocolVersion
          this.received.push(own)
          server.answer(own, this)
        })
      },
      onDrain() {},
      onClose: () => {
        this.closed = true
      },
    })
  }

  of<T extends Packet['type']>(type: T): Of<T>[] {
    return this.received.filter((packet): packet is Of<T> => packet.type === type)
  }

  send(...packets: readonly Packet[]): void {
    for (const packet of packets) this.bytes(encode(packet, this.version))
  }

  bytes(bytes: Uint8Array | readonly number[]): void {
    this.#stream.write(Uint8Array.from(bytes))
  }

  end(): void {
    this.#stream.end()
  }

  destroy(): void {
    this.#stream.destroy()
  }

  get server(): ScriptedServer {
    return this.#server
  }
}

/** A server that does what a test tells it, in memory. Without being told it grants everything. */
export class ScriptedServer {
  readonly connections: ServerConnection[] = []
  answer: Answer
  /** Attempts that fail in the transport, from the next on. */
  refuse = 0

  constructor(answer: Answer = polite()) {
    this.answer = answer
  }

  readonly transport: Transport = async (url) => {
    if (this.refuse > 0) {
      this.refuse--
      throw Object.assign(new TypeError('refused'), { code: 'CONNECTION_REFUSED', phase: 'tcp' })
    }
    const [client, server] = memoryPair()
    this.connections.push(new ServerConnection(this, server, url))
    return client
  }

  get last(): ServerConnection {
    const last = this.connections.at(-1)
    if (!last) throw new TypeError('nobody connected')
    return last
  }

  async settled(): Promise<ServerConnection> {
    await settle()
    return this.last
  }
}

interface Manners {
  connack?: Partial<Omit<Of<'connack'>, 'type'>>
  /** Packets of these types are not answered. */
  silent?: readonly Packet['type'][]
}

export function polite({ connack, silent = [] }: Manners = {}): Answer {
  return (packet, connection) => {
    if (silent.includes(packet.type)) return
    switch (packet.type) {
      case 'connect':
        return connection.send({ type: 'connack', sessionPresent: false, reasonCode: 0, ...connack })
      case 'subscribe':
        return connection.send({
          type: 'suback',
          packetId: packet.packetId,
          reasonCodes: packet.subscriptions.map(({ qos }) => qos),
        })
      case 'unsubscribe':
        return connection.send({
          type: 'unsuback',
          packetId: packet.packetId,
          reasonCodes: connection.version === 5 ? packet.topicFilters.map(() => 0) : [],
        })
      case 'publish': {
        const { packetId = 0, qos } = packet
        if (qos > 0) connection.send({ type: qos === 1 ? 'puback' : 'pubrec', packetId, reasonCode: 0 })
        return
      }
      case 'pubrel':
        return connection.send({ type: 'pubcomp', packetId: packet.packetId, reasonCode: 0 })
      case 'pubrec':
        return connection.send({ type: 'pubrel', packetId: packet.packetId, reasonCode: 0 })
      case 'pingreq':
        return connection.send({ type: 'pingresp' })
      default:
    }
  }
}

export const publishPacket = (
  topicName: string,
  payload: string,
  qos: 0 | 1 | 2 = 0,
  packetId?: number,
  more: Partial<Of<'publish'>> = {},
): Of<'publish'> => ({
  type: 'publish',
  topicName,
  payload: new TextEncoder().encode(payload),
  qos,
  retain: false,
  dup: false,
  ...(packetId !== undefined && { packetId }),
  ...more,
})
