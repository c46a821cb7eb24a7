import { StreamDecoder, type Packet, type ProtocolVersion, type QoS } from '@godwit/mqtt-codec'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { message, subscribeTo } from '../testing/packets.ts'
import { VirtualBroker, type VirtualClient } from '../testing/virtual-broker.ts'

const qos = fc.constantFrom<QoS>(0, 1, 2)
const topic = fc.constantFrom('a', 'a/b', '$SYS/x', 'denied')

/** What somebody does: the newer Clients use everything that 5.0 has, the older ones what they have. */
const action = fc.oneof(
  fc.record({
    type: fc.constant('publish' as const),
    topic,
    qos,
    retain: fc.boolean(),
    by: fc.nat(3),
    expiry: fc.nat(3),
  }),
  fc.record({
    type: fc.constant('subscribe' as const),
    filter: fc.constantFrom('a', '#', 'a/+', '$share/g/a', 'denied'),
    qos,
    by: fc.nat(3),
    identifier: fc.nat(2),
  }),
  fc.record({ type: fc.constant('unsubscribe' as const), filter: fc.constantFrom('a', '#', 'nothing'), by: fc.nat(3) }),
  fc.record({ type: fc.constant('reconnect' as const), by: fc.nat(3) }),
  fc.record({ type: fc.constant('acknowledge' as const), by: fc.nat(3) }),
  fc.record({ type: fc.constant('pass' as const), seconds: fc.nat(4) }),
)

const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5, 5]

it('I34: 3.1 and 3.1.1 Clients never see a byte of 5.0, whatever the others do', () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 1, maxLength: 40 }), (actions) => {
      const broker = new VirtualBroker({
        limits: { maximumQueuedMessages: 3, maximumRetainedTopics: 1 },
        settings: { reasonStrings: 'unless-declined', queueQos0: true },
        edges: {
          authorizePublish: (_client, topicName) => topicName !== 'denied',
          authorizeSubscribe: (_ticket, _client, filters) => filters.map((filter) => filter !== 'denied'),
        },
      })
      const connect = (by: number): VirtualClient =>
        broker.connect(`c${by}`, {
          version: VERSIONS[by]!,
          cleanStart: false,
          ...(by > 1 && { properties: { sessionExpiryIntervalSeconds: 100, topicAliasMaximum: 2 } }),
        })
      const clients = VERSIONS.map((_, by) => connect(by))
      const old = [0, 1].map((by) => new StrictReader(VERSIONS[by]!))
      const look = (): void => {
        for (const by of [0, 1]) expect(old[by]!.read(clients[by]!)).toEqual([])
      }
      for (const next of actions) {
        const client = 'by' in next ? clients[next.by]! : undefined
        const by = 'by' in next ? next.by : 0
        if (next.type === 'pass') broker.pass(next.seconds * 1000)
        else if (next.type === 'reconnect') {
          look()
          client!.cut()
          clients[by] = connect(by)
          if (by < 2) old[by] = new StrictReader(VERSIONS[by]!)
        } else if (!client!.closed) act(client!, by, next, old)
        look()
      }
    }),
    { numRuns: 300 },
  )
})

/** Reads what an older Client gets with a decoder of its version, and minds what has no place there. */
class StrictReader {
  readonly #decoder: StreamDecoder
  readonly unacknowledged: Packet[] = []

  constructor(version: ProtocolVersion) {
    this.#decoder = new StreamDecoder({ version })
  }

  /** What has no place in this version. */
  read(client: VirtualClient): string[] {
    const strange: string[] = []
    const failure = this.#decoder.push(Uint8Array.from(client.bytes), (packet) => {
      const what = this.#judge(packet, client.version)
      if (what !== undefined) strange.push(what)
    })
    client.bytes = []
    return failure === undefined ? strange : [...strange, failure.message]
  }

  #judge(packet: Packet, version: ProtocolVersion): string | undefined {
    if (packet.type === 'auth' || packet.type === 'disconnect') return packet.type
    if ('properties' in packet && Object.keys(packet.properties ?? {}).length > 0) return 'properties'
    if (packet.type === 'suback') {
      const most = version === 3 ? 2 : 0x80
      return packet.reasonCodes.find((code) => code > 2 && code !== most)?.toString(16)
    }
    const unacknowledged = packet.type === 'pubrel' || (packet.type === 'publish' && packet.qos > 0)
    if (unacknowledged) this.unacknowledged.push(packet)
    return packet.type === 'publish' && packet.topicName === '' ? 'an alias' : undefined
  }
}

type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never

const act = (client: VirtualClient, by: number, next: Action, old: readonly StrictReader[]): void => {
  const five = by > 1
  switch (next.type) {
    case 'publish': {
      const properties = five
        ? { messageExpiryIntervalSeconds: next.expiry, userProperties: [['k', 'v'] as const], topicAlias: 1 }
        : undefined
      client.send(
        message(next.topic, 'x', {
          qos: next.qos,
          retain: next.retain,
          ...(next.qos > 0 && { packetId: 1 + next.qos }),
          ...(properties && { properties }),
        }),
      )
      if (next.qos === 2) client.send({ type: 'pubrel', packetId: 3, reasonCode: 0 })
      return
    }
    case 'subscribe': {
      const identifier = five && next.identifier > 0 ? { subscriptionIdentifier: next.identifier } : {}
      client.send(subscribeTo(next.filter, { qos: next.qos, ...identifier }))
      return
    }
    case 'unsubscribe':
      client.send({ type: 'unsubscribe', packetId: 9, topicFilters: [next.filter] })
      return
    case 'acknowledge':
      if (five) return
      for (const packet of old[by]!.unacknowledged.splice(0)) {
        if (packet.type === 'pubrel') client.send({ type: 'pubcomp', packetId: packet.packetId, reasonCode: 0 })
        else if (packet.type === 'publish') {
          client.send({ type: packet.qos === 1 ? 'puback' : 'pubrec', packetId: packet.packetId!, reasonCode: 0 })
        }
      }
  }
}
