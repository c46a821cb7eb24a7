import { createServer, type AddressInfo, type Socket } from 'node:net'
import { encode, StreamDecoder, type Packet, type ProtocolVersion } from '@godwit/mqtt-codec'

export interface Peer {
  send(packet: Packet): void
  /** What is not MQTT. */
  sendBytes(bytes: Uint8Array): void
  hangUp(): void
}

export interface ScriptedServer extends AsyncDisposable {
  readonly port: number
  /** Everything that clients sent, in order. */
  readonly received: readonly Packet[]
}

/** An MQTT server that does exactly what a test says: refuse, stay silent, break the rules. What the script leaves, it answers politely. */
export async function scriptedServer(script: (packet: Packet, peer: Peer) => boolean | void): Promise<ScriptedServer> {
  const received: Packet[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    let version: ProtocolVersion = 5
    const decoder = new StreamDecoder()
    const peer: Peer = {
      send: (packet) => socket.write(encode(packet, version)),
      sendBytes: (bytes) => socket.write(bytes),
      hangUp: () => socket.destroy(),
    }
    socket.on('data', (chunk) => {
      const failure = decoder.push(chunk, (packet) => {
        const kept = structuredClone(packet)
        received.push(kept)
        if (kept.type === 'connect') version = kept.protocolVersion
        if (script(kept, peer) !== true) answer(kept, peer)
      })
      if (failure !== undefined) socket.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    received,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function answer(packet: Packet, { send }: Peer): void {
  if (packet.type === 'connect') send({ type: 'connack', sessionPresent: false, reasonCode: 0 })
  else if (packet.type === 'subscribe') {
    send({ type: 'suback', packetId: packet.packetId, reasonCodes: packet.subscriptions.map(({ qos }) => qos) })
  } else if (packet.type === 'unsubscribe') {
    send({ type: 'unsuback', packetId: packet.packetId, reasonCodes: packet.topicFilters.map(() => 0) })
  } else if (packet.type === 'publish' && packet.qos === 1) {
    send({ type: 'puback', packetId: packet.packetId ?? 0, reasonCode: 0 })
  } else if (packet.type === 'publish' && packet.qos === 2) {
    send({ type: 'pubrec', packetId: packet.packetId ?? 0, reasonCode: 0 })
  } else if (packet.type === 'pubrel') send({ type: 'pubcomp', packetId: packet.packetId, reasonCode: 0 })
  else if (packet.type === 'pingreq') send({ type: 'pingresp' })
}
