import { hostile, type HostileCase } from '../run/hostile-case.ts'
import { nameOf, readAcknowledgement, readPublish, TYPES } from '../wire/frames.ts'
import {
  acknowledgement,
  connect,
  disconnect,
  maximumPacketSize,
  publish,
  receiveMaximum,
  sessionExpiry,
  subscribe,
} from '../wire/packets.ts'
import type { WireClient } from '../wire/wire-client.ts'
import { becomes, BOTH, payloads, published, silent, subscribed } from './helpers.ts'

/** What the broker announced; without a word it is 65,535. */
const receiveMaximumOf = ({ connack }: WireClient): number =>
  Number(connack?.properties.find(({ id }) => id === 0x21)?.value ?? 65_535)

export const QOS: readonly HostileCase[] = [
  hostile(75, async (trial) => {
    await trial.versionsOf([4], async (version) => {
      const client = await trial.connected(version)
      client.keeps = false
      for (let packetId = 1; packetId <= 65_535; packetId += 1_285) {
        const some = Array.from({ length: 1_285 }, (_, place) =>
          publish({ version, topicName: '75', qos: 2, packetId: packetId + place }),
        )
        await client.sendAll(Buffer.concat(some))
      }
      const all = await becomes(() => client.receivedFrames >= 1 + 65_535 || client.hasEnded, 10_000)
      trial.check(all && !client.hasEnded, `${client.receivedFrames - 1} PUBRECs for 65,535 messages`)
      client.keeps = true
      client.send(acknowledgement('pubrel', 65_535))
      await client.expect('pubcomp')
    })
    await trial.versionsOf([5], async (version) => {
      const client = await trial.connected(version)
      const most = receiveMaximumOf(client)
      trial.check(most < 65_535, 'no Receive Maximum was announced')
      for (let packetId = 1; packetId <= most; packetId++)
        await published(client, { topicName: '75', qos: 2, packetId })
      await trial.alive(client)
      client.send(publish({ version, topicName: '75', qos: 2, packetId: most + 1 }))
      trial.count('receiveMaximumExceeded')
      trial.count('met receiveMaximum')
      await trial.endsAsRuled(client, [0x93])
    })
  }),

  hostile(76, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const watcher = await subscribed(trial, version, [['76', 2]])
      const client = await trial.connected(version)
      client.keeps = false
      const some = Buffer.concat(
        Array.from({ length: 10_000 }, (_, place) =>
          publish({ version, topicName: '76', qos: 2, packetId: 7, dup: place > 0, payload: 'p' }),
        ),
      )
      const rounds = trial.scale(100, 20)
      for (let count = 0; count < rounds; count++) await client.sendAll(some)
      const all = await becomes(() => client.receivedFrames >= rounds * 10_000 + 1 || client.hasEnded, 20_000)
      trial.check(all && !client.hasEnded, `${client.receivedFrames - 1} PUBRECs for ${rounds * 10_000} repeats`)
      await watcher.expectPublish()
      await silent(trial, watcher, 'second deliveries')
      for (const name of ['met readBytesPerTurn', 'met outputPauseBytes']) trial.freeCounts.add(name)
    }),
  ),

  hostile(83, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const client = await subscribed(trial, version, [['83', 2]])
      const other = await trial.connected(version)
      await published(other, { topicName: '83', qos: 2, packetId: 9 })
      other.send(acknowledgement('pubrel', 9))
      const { packetId } = await client.expectPublish()
      client.send(publish({ version, topicName: 'other', qos: 2, packetId }))
      client.send(acknowledgement('pubrec', packetId))
      const answers = [await client.next(), await client.next()]
      trial.equal(answers.map(({ type }) => nameOf(type)).sort(), ['pubrec', 'pubrel'], 'answers to PUBLISH and PUBREC')
      client.send(acknowledgement('pubrel', packetId), acknowledgement('pubcomp', packetId))
      trial.equal(readAcknowledgement(await client.expect('pubcomp'), version).packetId, packetId, 'PUBCOMP for')
      await trial.alive(client)
    }),
  ),

  hostile(84, (trial) =>
    trial.versionsOf([5], async (version) => {
      const client = await subscribed(trial, version, [['84', 1]], { properties: receiveMaximum(65_535) })
      const other = await trial.connected(version)
      const window = Math.min(50, receiveMaximumOf(other))
      const total = 65_536
      for (let sent = 0; sent < total;) {
        const count = Math.min(window, total - sent)
        const some = Array.from({ length: count }, (_, place) =>
          publish({ version, topicName: '84', qos: 1, packetId: place + 1, payload: String(sent + place) }),
        )
        other.send(...some)
        for (let place = 0; place < count; place++) await other.expect('puback', 5_000)
        sent += count
      }
      await becomes(() => client.frames.length >= 65_535, 5_000)
      await trial.alive(other)
      const identifiers = client.frames.splice(0).map((frame) => readPublish(frame, version).packetId)
      trial.equal([identifiers.length, new Set(identifiers).size], [65_535, 65_535], 'messages, identifiers')
      client.send(acknowledgement('puback', identifiers[1_000]!))
      const last = await client.expectPublish()
      trial.equal([last.packetId, last.payload.toString()], [identifiers[1_000], '65535'], 'the one that waited')
      for (const packetId of identifiers) client.send(acknowledgement('puback', packetId))
      await client.ping(10_000)
    }),
  ),

  hostile(135, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const outstanding = async (qos: 1 | 2): Promise<[WireClient, number]> => {
        const topicName = trial.name()
        const client = await subscribed(trial, version, [[topicName, qos]])
        const other = await trial.connected(version)
        await published(other, { topicName, qos })
        if (qos === 2) other.send(acknowledgement('pubrel', 1))
        const { packetId } = await client.expectPublish()
        return [client, packetId]
      }
      const wrong = async (qos: 1 | 2, type: 'puback' | 'pubrec' | 'pubcomp'): Promise<void> => {
        const [client, packetId] = await outstanding(qos)
        client.send(acknowledgement(type, packetId))
        await trial.endsAsRuled(client, [0x82])
      }
      await trial.part('PUBACK for QoS 2', () => wrong(2, 'puback'))
      await trial.part('PUBREC for QoS 1', () => wrong(1, 'pubrec'))
      await trial.part('PUBCOMP before PUBREL', () => wrong(2, 'pubcomp'))
      for (const type of ['puback', 'pubrec', 'pubrel', 'pubcomp'] as const) {
        await trial.part(`${type} for 0`, () => trial.breaks(version, acknowledgement(type, 0), [0x82]))
      }
      const client = await trial.connected(version)
      await trial.part('unknown PUBREL', async () => {
        client.send(acknowledgement('pubrel', 77))
        const { packetId, code } = readAcknowledgement(await client.expect('pubcomp'), version)
        trial.equal([packetId, code], [77, 0], 'PUBCOMP')
      })
      await trial.part('unknown PUBREC', async () => {
        client.send(acknowledgement('pubrec', 78))
        const { packetId, code } = readAcknowledgement(await client.expect('pubrel'), version)
        trial.equal([packetId, code], [78, 0], 'PUBREL')
      })
      await trial.part('a second PUBREC', async () => {
        const [receiver, packetId] = await outstanding(2)
        for (let count = 0; count < 2; count++) {
          receiver.send(acknowledgement('pubrec', packetId))
          await receiver.expect('pubrel')
        }
        receiver.send(acknowledgement('pubcomp', packetId))
        await trial.alive(receiver)
      })
      client.send(acknowledgement('puback', 79), acknowledgement('pubcomp', 80))
      if (version === 5) client.send(acknowledgement('pubrec', 81, 0x80))
      trial.equal((await client.ping()).length, 0, 'answers to unknown acknowledgements')
    }),
  ),

  hostile(136, (trial) =>
    trial.versionsOf([5], async (version) => {
      const client = await subscribed(trial, version, [['136', 2]], { properties: receiveMaximum(3) })
      const other = await trial.connected(version)
      for (let packetId = 1; packetId <= 10; packetId++) {
        await published(other, { topicName: '136', qos: packetId % 2 === 0 ? 2 : 1, packetId })
      }
      const outstanding = new Set<number>()
      let most = 0
      let came = 0
      while (came < 10) {
        for (const frame of [await client.next(), ...client.frames.splice(0)]) {
          if (frame.type === TYPES.publish) {
            came++
            outstanding.add(readPublish(frame, version).packetId)
            most = Math.max(most, outstanding.size)
            if (readPublish(frame, version).qos === 1) {
              await client.ping().then((more) => client.frames.unshift(...more))
              outstanding.delete(readPublish(frame, version).packetId)
              client.send(acknowledgement('puback', readPublish(frame, version).packetId))
            } else client.send(acknowledgement('pubrec', readPublish(frame, version).packetId))
          } else if (frame.type === TYPES.pubrel) {
            const { packetId } = readAcknowledgement(frame, version)
            outstanding.delete(packetId)
            client.send(acknowledgement('pubcomp', packetId))
          }
        }
      }
      trial.check(most <= 3, `${most} messages were outstanding`)
      const sender = await trial.connected(version)
      for (let packetId = 1; packetId <= receiveMaximumOf(sender) + 1; packetId++) {
        sender.send(publish({ version, topicName: 'other', qos: 2, packetId }))
      }
      trial.count('receiveMaximumExceeded')
      trial.count('met receiveMaximum')
      trial.count('protocolErrors')
      const last = (await sender.ended()).at(-1)
      trial.equal(last?.bytes.toString('hex', 2, 3), '93', 'the Reason Code of DISCONNECT')
    }),
  ),

  hostile(137, (trial) =>
    trial.versionsOf([5], async (version) => {
      const client = await subscribed(trial, version, [['137', 1]], { properties: maximumPacketSize(64) })
      const other = await trial.connected(version)
      // Two bytes of header, seven of topic and identifier, one of properties: 54 bytes fit and 55 do not.
      for (const [packetId, length] of [54, 55, 5].entries()) {
        const payload = 'x'.repeat(length)
        trial.equal(await published(other, { topicName: '137', qos: 1, packetId: packetId + 1, payload }), 0, 'PUBACK')
      }
      const lengths = (await payloads(client, 2)).map(({ length }) => length)
      trial.equal(lengths, [54, 5], 'payloads that came')
      trial.count('dropped packet-too-large')
      await silent(trial, client, 'more messages')
    }),
  ),

  hostile(142, (trial) =>
    trial.versionsOf([5], async (version) => {
      const tiny = await trial.open({ version })
      tiny.send(connect({ version, clientId: trial.name(), properties: maximumPacketSize(6) }))
      trial.freeCounts.add('connectsRefused')
      trial.freeCounts.add('protocolErrors')
      await trial.ends(tiny, 'closed')
      const client = await trial.connected(version, { properties: maximumPacketSize(60) })
      client.send(
        subscribe(
          version,
          1,
          Array.from({ length: 60 }, (_, place) => [`142/${place}`, 0] as const),
        ),
      )
      await trial.ends(client, { disconnect: [0x95] })
    }),
  ),

  hostile(143, (trial) =>
    trial.versionsOf([5], async (version) => {
      const watcher = await subscribed(trial, version, '143')
      const client = await trial.connected(version, { will: { topicName: '143' } })
      client.send(disconnect(0, sessionExpiry(10)))
      trial.count('willsPublished')
      await trial.endsAsRuled(client, [0x82])
      trial.equal(await payloads(watcher, 1), ['will'], 'the Will')
      await trial.part('DISCONNECT 01', () => trial.breaks(version, disconnect(0x01), [0x81, 0x82]))
      await trial.part('DISCONNECT 8e', () => trial.breaks(version, disconnect(0x7f), [0x81, 0x82]))
      for (const [type, codes] of [
        ['puback', [0x01, 0x92]],
        ['pubrec', [0x02, 0x92]],
        ['pubrel', [0x10, 0x80]],
        ['pubcomp', [0x10, 0x80]],
      ] as const) {
        for (const code of codes) {
          await trial.part(`${type} ${code}`, () => trial.breaks(version, acknowledgement(type, 5, code), [0x81, 0x82]))
        }
      }
    }),
  ),

  hostile(145, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const watcher = await subscribed(trial, version, [['145', 2]])
      const client = await trial.connected(version)
      const code = await published(client, { topicName: '$SYS/x', qos: 2, packetId: 5 })
      trial.count('dropped not-authorized')
      if (version === 5) {
        trial.equal(code, 0x87, 'PUBREC')
        trial.equal(
          await published(client, { topicName: '145', qos: 2, packetId: 5, payload: 'new' }),
          0,
          'PUBREC of the same id',
        )
        client.send(acknowledgement('pubrel', 5))
        await client.expect('pubcomp')
        await published(client, { topicName: '$SYS/x', qos: 2, packetId: 6 })
        trial.count('dropped not-authorized')
        client.send(acknowledgement('pubrel', 6))
        await client.expect('pubcomp')
        trial.equal(await payloads(watcher, 1), ['new'], 'messages')
      } else {
        client.send(acknowledgement('pubrel', 5))
        await client.expect('pubcomp')
      }
      await silent(trial, watcher, 'messages that were refused')
    }),
  ),

  hostile(155, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const watcher = await subscribed(trial, version, [['155', 0]])
      const client = await trial.connected(version)
      await published(client, { topicName: '155', qos: 2, packetId: 5, payload: 'first' })
      await published(client, { topicName: '155', qos: 2, packetId: 5, payload: 'second' })
      client.send(acknowledgement('pubrel', 5))
      await client.expect('pubcomp')
      trial.equal(await payloads(watcher, 1), ['first'], 'content')
      await silent(trial, watcher, 'more content')
    }),
  ),
]
