import { setImmediate as turn, setTimeout as later } from 'node:timers/promises'
import type { Packet } from '@godwit/mqtt-codec'
import { freePort } from '@godwit/vitest-preset/loopback'
import { describe, expect, it } from 'vitest'
import { godwit, mqttJs, type Open } from './rivals/rivals.ts'
import { bytesOf, ScriptedServer } from './rivals/scripted-server.ts'

/** A promise that somebody drops must not fail the test by itself. */
const ignore = (): void => {}

/** `pending`, `resolved`, or the error's code, after what was under way has had its turns. */
async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  let state = 'pending'
  promise.then(
    () => (state = 'resolved'),
    (error: unknown) => (state = String((error as { code?: unknown }).code ?? error)),
  )
  for (let turns = 0; turns < 20; turns++) await turn()
  return state
}

interface Scenario {
  readonly title: string
  play(open: Open): Promise<unknown>
  readonly ours: unknown
  readonly theirs: unknown
}

const message = (packetId: number): Packet => ({
  type: 'publish',
  topicName: 't',
  payload: new Uint8Array(1),
  qos: 1,
  packetId,
  dup: false,
  retain: false,
})

/** A SUBSCRIBE goes out at once in both clients: what stands before it on the wire was not held back. */
const SCENARIOS: readonly Scenario[] = [
  {
    title: "[MQTT-3.3.4-7] sends no more QoS 1 messages at a time than the server's Receive Maximum of 5",
    ours: 5,
    theirs: 20,
    async play(open) {
      await using server = new ScriptedServer({
        connack: { receiveMaximum: 5 },
        answers: ({ type }) => type === 'publish',
      })
      const client = open(await server.listen())
      await client.subscribe('first')
      for (let number = 0; number < 20; number++) client.publish(String(number)).catch(ignore)
      await client.subscribe('barrier')
      const unacknowledged = server.of('publish').length
      await client.end()
      return unacknowledged
    },
  },
  {
    title: "[MQTT-3.2.2-15] sends no packet larger than the server's Maximum Packet Size of 100 bytes",
    ours: ['PACKET_TOO_LARGE', 0],
    theirs: ['pending', 1],
    async play(open) {
      await using server = new ScriptedServer({
        connack: { maximumPacketSizeBytes: 100 },
        answers: ({ type }) => type === 'publish',
      })
      const client = open(await server.listen())
      await client.subscribe('first')
      const publish = client.publish('x'.repeat(1_000))
      publish.catch(ignore)
      await client.subscribe('barrier')
      const tooLarge = server.of('publish').filter((packet) => bytesOf(packet) > 100)
      const outcome = await outcomeOf(publish)
      await client.end()
      return [outcome, tooLarge.length]
    },
  },
  {
    title: '[MQTT-2.2.1-3] never gives an identifier away that is in flight, after all others were used',
    ours: 1,
    theirs: 2,
    async play(open) {
      let first: number | undefined
      let uses = 0
      await using server = new ScriptedServer({
        answers(packet) {
          if (packet.type !== 'publish') return false
          first ??= packet.packetId
          // The first is never acknowledged.
          if (packet.packetId !== first) return false
          uses++
          return true
        },
      })
      const client = open(await server.listen())
      await client.subscribe('first')
      for (let published = 0; published < 65_600 && uses < 2; published += 800) {
        const some = Array.from({ length: 800 }, (_, number) => {
          const publish = client.publish('x')
          publish.catch(ignore)
          // One of them, or two, is never answered.
          return published === 0 && number === 0 ? Promise.resolve() : publish
        })
        await Promise.race([Promise.all(some), server.until(() => uses > 1)])
      }
      const count = uses
      await client.end()
      return count
    },
  },
  {
    title: 'settles what was published when the client is ended by force',
    ours: 'CLOSED',
    theirs: 'pending',
    async play(open) {
      await using server = new ScriptedServer({ answers: ({ type }) => type === 'publish' })
      const client = open(await server.listen())
      await client.subscribe('first')
      const publish = client.publish('x')
      publish.catch(ignore)
      await server.until(() => server.of('publish').length === 1)
      await client.end()
      return outcomeOf(publish)
    },
  },
  {
    title: 'replays ten unacknowledged messages in one go after a reconnect, not one for each round trip',
    ours: 10,
    theirs: 1,
    async play(open) {
      await using server = new ScriptedServer({ resumes: true, answers: ({ type }) => type === 'publish' })
      const client = open(await server.listen())
      await client.subscribe('first')
      for (let number = 0; number < 10; number++) client.publish(String(number)).catch(ignore)
      await server.until(() => server.of('publish').length === 10)
      server.connections[0]!.destroy()
      const replayed = (): number =>
        server.connections[1]?.received.filter(({ type }) => type === 'publish').length ?? 0
      await server.until(() => replayed() > 0)
      // All ten, or as long as it takes to see that a client that waits for PUBACK sends no second one.
      await Promise.race([server.until(() => replayed() === 10), later(500)])
      const count = replayed()
      await client.end()
      return count
    },
  },
  {
    title: 'never sends a message whose Message Expiry Interval has passed in the outbox',
    ours: ['EXPIRED', 0],
    theirs: ['resolved', 1],
    async play(open) {
      const port = await freePort()
      const client = open(port)
      const publish = client.publish('stale', 1)
      publish.catch(ignore)
      await later(1_200)
      await using server = new ScriptedServer({})
      await server.listen(port)
      await client.subscribe('barrier')
      const outcome = await outcomeOf(publish)
      await client.end()
      return [outcome, server.of('publish').length]
    },
  },
  {
    title: 'refuses what does not fit into a bounded outbox while there is no server',
    ours: 2_000,
    theirs: 0,
    async play(open) {
      const client = open(await freePort())
      let refused = 0
      for (let number = 0; number < 12_000; number++) client.publish('x').catch(() => refused++)
      for (let turns = 0; turns < 20; turns++) await turn()
      const count = refused
      await client.end()
      return count
    },
  },
  {
    title: 'acknowledges a QoS 1 message after the handler is done with it, not before',
    ours: 0,
    theirs: 1,
    async play(open) {
      await using server = new ScriptedServer({})
      const client = open(await server.listen())
      const called = new Promise<void>((resolve) => {
        client
          .subscribe('t', async () => {
            resolve()
            await new Promise(ignore)
          })
          .then(() => {
            server.connections[0]!.send(message(1))
          }, ignore)
      })
      await called
      await client.subscribe('barrier')
      const acknowledged = server.of('puback').length
      await client.end()
      return acknowledged
    },
  },
  {
    title: 'keeps its connection while a consumer is busy for longer than the Keep Alive of a second',
    ours: 1,
    theirs: 2,
    async play(open) {
      await using server = new ScriptedServer({ resumes: true })
      const client = open(await server.listen(), 1)
      await client.subscribeSlowly('t')
      for (const packetId of [1, 2]) server.connections[0]!.send(message(packetId))
      // As long as it takes to see that a client that reads no PINGRESP gives its connection up.
      await Promise.race([server.until(() => server.connections.length > 1), later(4_000)])
      const count = server.connections.length
      await client.end()
      return count
    },
  },
]

describe.each(SCENARIOS)('a client that $title', ({ play, ours, theirs }) => {
  it('is ours', async () => {
    expect(await play(godwit)).toEqual(ours)
  })

  it('is not MQTT.js 5.16', async () => {
    expect(await play(mqttJs)).toEqual(theirs)
  })
})
