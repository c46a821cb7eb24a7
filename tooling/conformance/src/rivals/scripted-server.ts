import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type ConnackProperties, encode, encodedLength, type Packet, StreamDecoder } from '@godwit/mqtt-codec'

export interface Script {
  readonly connack?: ConnackProperties
  /** Session Present of the connections after the first. */
  readonly resumes?: boolean
  /** Before the server's own answer; true leaves it out. */
  answers?(packet: Packet, connection: Connection): boolean
}

/** The server's end of one connection. */
export interface Connection {
  /** 1 for the first. */
  readonly number: number
  readonly received: readonly Packet[]
  send(packet: Packet): void
  destroy(): void
}

/** A server of 5.0 over TCP that does what a test says: otherwise it acknowledges everything. */
export class ScriptedServer implements AsyncDisposable {
  readonly connections: Connection[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #watchers: (() => void)[] = []

  constructor(script: Script) {
    this.#server = createServer((socket) => this.#accept(socket, script))
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  /** All packets of a kind, of all connections. */
  of<T extends Packet['type']>(type: T): readonly Extract<Packet, { type: T }>[] {
    return this.connections.flatMap(({ received }) =>
      received.filter((packet): packet is Extract<Packet, { type: T }> => packet.type === type),
    )
  }

  /** When it holds, looking after each packet. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.push(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept(socket: Socket, { connack = {}, resumes = false, answers }: Script): void {
    const received: Packet[] = []
    const connection: Connection = {
      number: this.connections.length + 1,
      received,
      send: (packet) => void socket.write(encode(packet, 5)),
      destroy: () => void socket.destroy(),
    }
    this.connections.push(connection)
    this.#sockets.add(socket)
    const decoder = new StreamDecoder()
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      decoder.push(chunk, (packet) => {
        received.push(structuredClone(packet))
        if (packet.type === 'connect') {
          const sessionPresent = resumes && connection.number > 1
          connection.send({ type: 'connack', sessionPresent, reasonCode: 0, properties: connack })
        } else if (answers?.(packet, connection) !== true) acknowledge(packet, connection)
      })
      for (const wake of this.#watchers.splice(0)) wake()
    })
  }
}

export const bytesOf = (packet: Packet): number => encodedLength(packet, 5)

function acknowledge(packet: Packet, { send }: Connection): void {
  if (packet.type === 'pingreq') send({ type: 'pingresp' })
  if (packet.type === 'publish' && packet.packetId !== undefined) {
    send({ type: 'puback', packetId: packet.packetId, reasonCode: 0 })
  }
  if (packet.type === 'subscribe') {
    send({ type: 'suback', packetId: packet.packetId, reasonCodes: packet.subscriptions.map(() => 0) })
  }
}
