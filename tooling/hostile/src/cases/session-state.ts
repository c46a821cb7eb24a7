import { hostile, type HostileCase } from '../run/hostile-case.ts'
import type { Trial } from '../run/trial.ts'
import { hex } from '../wire/bytes.ts'
import { nameOf, readAcknowledgement, readPublish, TYPES } from '../wire/frames.ts'
import {
  acknowledgement,
  connect,
  maximumPacketSize,
  PINGREQ,
  publish,
  receiveMaximum,
  sessionExpiry,
  type Version,
} from '../wire/packets.ts'
import { addSubscriptions, BOTH, payloads, pause, published, silent, subscribed } from './helpers.ts'

/** Sends a QoS 2 message and is cut off behind its PUBREC; then comes back. */
const cutBehindPubrec = async (trial: Trial, version: Version, clientId: string): Promise<void> => {
  const first = await trial.durable(version, clientId)
  await published(first, { topicName: trial.name().split('-')[0]!, qos: 2, packetId: 5, payload: 'p' })
  first.drop()
  await pause(20)
}

/** So many messages wait for a Session that is away. */
const queueFor = async (
  trial: Trial,
  version: Version,
  clientId: string,
  count: number,
  topicName: string,
): Promise<void> => {
  const subscriber = await trial.durable(version, clientId)
  await addSubscriptions(subscriber, [[topicName, 2]])
  await subscriber.leave()
  const publisher = await trial.connected(version)
  for (let packetId = 1; packetId <= count; packetId++) {
    await published(publisher, { topicName, qos: packetId % 2 === 0 ? 2 : 1, packetId, payload: String(packetId) })
    if (packetId % 2 === 0) {
      publisher.send(acknowledgement('pubrel', packetId))
      await publisher.expect('pubcomp')
    }
  }
}

export const SESSION_STATE: readonly HostileCase[] = [
  hostile(77, (trial) =>
    trial.versionsOf([5], async (version) => {
      const watcher = await subscribed(trial, version, 'h77')
      const clientId = trial.name()
      const first = await trial.connected(version, { clientId, clean: true, properties: sessionExpiry(1) })
      await published(first, { topicName: 'h77', qos: 2, packetId: 5, payload: 'p' })
      await first.leave()
      await pause(1_150)
      const again = await trial.connected(version, { clientId, clean: false })
      trial.check(again.connack?.sessionPresent === false, 'the Session has outlived its expiry')
      await published(again, { topicName: 'h77', qos: 2, packetId: 5, dup: true, payload: 'again' })
      trial.equal(await payloads(watcher, 2), ['p', 'again'], 'messages')
    }),
  ),

  hostile(78, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const watcher = await subscribed(trial, version, 'h78')
      const clientId = trial.name()
      await cutBehindPubrec(trial, version, clientId)
      const again = await trial.durable(version, clientId)
      trial.check(again.connack?.sessionPresent === true, 'no Session to resume')
      await published(again, { topicName: 'h78', qos: 2, packetId: 5, dup: true, payload: 'p' })
      again.send(acknowledgement('pubrel', 5))
      await again.expect('pubcomp')
      trial.equal(await payloads(watcher, 1), ['p'], 'messages')
      await silent(trial, watcher, 'second deliveries')
    }),
  ),

  hostile(79, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const watcher = await subscribed(trial, version, 'h79')
      const clientId = trial.name()
      await cutBehindPubrec(trial, version, clientId)
      const again = await trial.connected(version, { clientId })
      await published(again, { topicName: 'h79', qos: 2, packetId: 5, dup: true, payload: 'new' })
      trial.equal(await payloads(watcher, 2), ['p', 'new'], 'messages')
    }),
  ),

  hostile(80, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const watcher = await subscribed(trial, version, 'h80')
      const clientId = trial.name()
      const first = await trial.durable(version, clientId)
      // All but the last byte: the broker never has the message.
      first.send(publish({ version, topicName: 'h80', qos: 2, packetId: 5, payload: 'p' }).subarray(0, -1))
      await pause(20)
      first.drop()
      const again = await trial.durable(version, clientId)
      await published(again, { topicName: 'h80', qos: 2, packetId: 5, dup: true, payload: 'p' })
      again.send(acknowledgement('pubrel', 5))
      await again.expect('pubcomp')
      trial.equal(await payloads(watcher, 1), ['p'], 'messages')
    }),
  ),

  hostile(81, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const clientId = trial.name()
      const first = await trial.durable(version, clientId)
      await addSubscriptions(first, [['h81', 2]])
      const publisher = await trial.connected(version)
      await published(publisher, { topicName: 'h81', qos: 2, packetId: 1, payload: 'old' })
      const { packetId } = await first.expectPublish()
      first.send(acknowledgement('pubrec', packetId))
      await first.expect('pubrel')
      first.drop()
      await pause(20)
      await published(publisher, { topicName: 'h81', qos: 2, packetId: 2, payload: 'new' })
      const again = await trial.durable(version, clientId)
      const resent = await again.next()
      trial.equal([nameOf(resent.type), resent.body.readUInt16BE()], ['pubrel', packetId], 'the first packet')
      trial.equal((await again.expectPublish()).payload.toString(), 'new', 'the next')
      again.send(acknowledgement('pubcomp', packetId))
      await silent(trial, again, 'the old message')
    }),
  ),

  hostile(82, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const clientId = trial.name()
      await queueFor(trial, version, clientId, 10, 'h82')
      const first = await trial.durable(version, clientId)
      const before = await Promise.all(Array.from({ length: 10 }, () => first.expectPublish()))
      first.drop('reset')
      await pause(20)
      const again = await trial.durable(version, clientId)
      const after = await Promise.all(Array.from({ length: 10 }, () => again.expectPublish()))
      const shown = (all: typeof before): string[] =>
        all.map(({ packetId, payload }) => `${packetId} ${payload.toString()}`)
      trial.equal(shown(after), shown(before), 'identifiers and payloads')
      trial.equal(
        before.map(({ payload }) => Number(payload.toString())),
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        'the order',
      )
      trial.equal(
        after.map(({ dup }) => dup),
        Array.from({ length: 10 }, () => true),
        'DUP',
      )
      trial.equal(
        before.map(({ dup }) => dup),
        Array.from({ length: 10 }, () => false),
        'DUP at first',
      )
    }),
  ),

  hostile(153, (trial) =>
    trial.versionsOf([5], async (version) => {
      const clientId = trial.name()
      const first = await trial.durable(version, clientId)
      await addSubscriptions(first, [['h153', 1]])
      const publisher = await trial.connected(version)
      for (let packetId = 1; packetId <= 10; packetId++) {
        const payload = packetId === 3 ? 'x'.repeat(200) : String(packetId)
        await published(publisher, { topicName: 'h153', qos: 1, packetId, payload })
      }
      await Promise.all(Array.from({ length: 10 }, () => first.expectPublish()))
      first.drop()
      await pause(20)
      const again = await trial.durable(version, clientId, {
        properties: Buffer.concat([receiveMaximum(2), maximumPacketSize(100)]),
      })
      const came: number[] = []
      while (came.length < 9) {
        const slice = (await again.ping()).filter(({ type }) => type === TYPES.publish)
        trial.check(slice.length <= 2, `${slice.length} messages at once`)
        if (slice.length === 0) break
        for (const frame of slice) {
          const { packetId, payload } = readPublish(frame, version)
          came.push(Number(payload.toString()))
          again.send(acknowledgement('puback', packetId))
        }
      }
      trial.equal(came, [1, 2, 4, 5, 6, 7, 8, 9, 10], 'what is sent again')
      trial.count('dropped packet-too-large')
      await published(publisher, { topicName: 'h153', qos: 1, packetId: 11, payload: 'next' })
      trial.equal(await payloads(again, 1), ['next'], 'behind it')
    }),
  ),

  hostile(138, { limits: { maximumQueuedMessages: 100, maximumQueuedBytes: 100_000 } }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const topicName = `h138/${version}`
      const before = await trial.look()
      const sleepers = Array.from({ length: 100 }, () => trial.name())
      for (const clientId of sleepers) {
        const sleeper = await trial.durable(version, clientId)
        await addSubscriptions(sleeper, [[topicName, 1]])
        await sleeper.leave()
      }
      const publisher = await trial.connected(version)
      const refusals = new Set<number>()
      for (let packetId = 1; packetId <= 300; packetId++) {
        const code = await published(publisher, { topicName, qos: 1, packetId, payload: 'x'.repeat(100) })
        if (code !== undefined && code !== 0) refusals.add(code)
      }
      // 5.0 is told where every durable target is full.
      trial.check(
        [...refusals].every((code) => version === 5 && code === 0x97),
        `PUBACK with ${[...refusals].join()}`,
      )
      const after = await trial.look()
      if (trial.ours) {
        trial.equal(
          (after.gauges['queuedMessages'] ?? 0) - (before.gauges['queuedMessages'] ?? 0),
          10_000,
          'queued messages',
        )
        const dropped = (after.counts['dropped queue-full'] ?? 0) - (before.counts['dropped queue-full'] ?? 0)
        trial.equal(dropped, 20_000, 'drops that are counted')
      }
      trial.count('dropped queue-full', 20_000)
      trial.freeCounts.add('met maximumQueuedMessages')
      const back = await trial.durable(version, sleepers[0]!)
      const came = new Set<string>()
      for (;;) {
        const frames = (await back.ping()).filter(({ type }) => type === TYPES.publish)
        if (frames.length === 0) break
        for (const frame of frames) {
          const { packetId, payload } = readPublish(frame, version)
          came.add(`${packetId}${payload.toString('utf8', 0, 1)}`)
          back.send(acknowledgement('puback', packetId))
        }
      }
      trial.equal(came.size, 100, 'messages that waited')
    }),
  ),

  hostile(146, { store: 'held' }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const clientId = trial.name()
      const watcher = await subscribed(trial, version, 'h146')
      const first = await trial.durable(version, clientId)
      await trial.command({ do: 'store', what: 'hold' })
      first.send(publish({ version, topicName: 'h146', qos: 2, packetId: 5, payload: 'p' }))
      await pause(50)
      trial.equal((await first.ping()).length, 0, 'acknowledgements before the commit')
      // The takeover, and everything again.
      const again = await trial.open({ version })
      const session = version === 5 ? sessionExpiry(1_000) : Buffer.alloc(0)
      again.send(
        connect({ version, clientId, clean: false, properties: session }),
        PINGREQ,
        publish({ version, topicName: 'h146', qos: 2, packetId: 5, dup: true, payload: 'p' }),
        acknowledgement('pubrel', 5),
        acknowledgement('pubrel', 5),
      )
      trial.count('takeovers')
      await first.ended()
      await pause(1_000)
      trial.equal(again.frames.length, 0, 'packets before the commit')
      await trial.command({ do: 'store', what: 'release' })
      const answers = [
        await again.next(),
        await again.next(),
        await again.next(),
        await again.next(),
        await again.next(),
      ]
      trial.equal(
        answers.map(({ type }) => nameOf(type)),
        ['connack', 'pingresp', 'pubrec', 'pubcomp', 'pubcomp'],
        'answers behind the commit',
      )
      trial.equal(await payloads(watcher, 1), ['p'], 'messages')
      await silent(trial, watcher, 'second deliveries')
    }),
  ),

  hostile(147, { store: 'held' }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const clientId = trial.name()
      await (await trial.durable(version, clientId)).leave()
      await trial.command({ do: 'store', what: 'hold' })
      const client = await trial.open({ version })
      const session = version === 5 ? sessionExpiry(999) : Buffer.alloc(0)
      client.send(connect({ version, clientId, clean: false, properties: session }), PINGREQ, hex('C1 00'))
      trial.count('protocolErrors')
      await pause(100)
      const early = client.frames.map(({ type }) => nameOf(type))
      trial.check(early.length === 0 || early[0] === 'connack', `${early.join(', ')} before CONNACK`)
      await trial.command({ do: 'store', what: 'release' })
      const types = (await client.ended()).map(({ type }) => nameOf(type))
      const wanted = version === 5 ? ['connack', 'pingresp', 'disconnect'] : ['connack', 'pingresp']
      trial.equal(types, wanted, 'packets')
    }),
  ),

  hostile(148, { store: 'held' }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const clientId = trial.name()
      const durable = await trial.durable(version, clientId)
      await addSubscriptions(durable, [['h148', 1]])
      const client = await trial.connected(version)
      await trial.command({ do: 'store', what: 'hold' })
      client.send(
        publish({ version, topicName: 'h148', qos: 1, packetId: 1 }),
        publish({ version, topicName: 'nobody', qos: 1, packetId: 2 }),
      )
      trial.equal((await client.ping()).length, 0, 'PUBACKs before the commit')
      await trial.command({ do: 'store', what: 'release' })
      const acknowledged = [await client.expect('puback'), await client.expect('puback')]
      trial.equal(
        acknowledged.map((frame) => readAcknowledgement(frame, version).packetId),
        [1, 2],
        'PUBACKs',
      )
    }),
  ),
]
