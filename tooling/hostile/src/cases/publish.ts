import { hostile, type HostileCase } from '../run/hostile-case.ts'
import { bytes, hex, packet, text, u16 } from '../wire/bytes.ts'
import { readAcknowledgement, readPublish } from '../wire/frames.ts'
import { connect, publish, subscribe, topicAlias } from '../wire/packets.ts'
import { addSubscriptions, becomes, BOTH, payloads, published, silent, subscribed } from './helpers.ts'

const expiry = (seconds: number): Buffer => bytes(0x02, 0, 0, u16(seconds))

export const PUBLISH: readonly HostileCase[] = [
  hostile(43, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      await trial.breaks(version, publish({ version, topicName: '' }), [0x82])
      if (version !== 5) return
      const watcher = await subscribed(trial, version, '43')
      const client = await trial.connected(version)
      client.send(publish({ version, topicName: '43', properties: topicAlias(1), payload: 'one' }))
      client.send(publish({ version, topicName: '', properties: topicAlias(1), payload: 'two' }))
      trial.equal(await payloads(watcher, 2), ['one', 'two'], 'messages of a known alias')
    }),
  ),

  hostile(44, (trial) =>
    trial.versionsOf(BOTH, (version) =>
      trial.each(
        ['#', '+', 'a/#', 'a/+/b', 'a#', 'a+b'],
        (topicName) => topicName,
        (topicName) => trial.breaks(version, publish({ version, topicName }), [0x81]),
      ),
    ),
  ),

  hostile(45, (trial) =>
    trial.versionsOf([5], async (version) => {
      const most = await aliasMaximum()
      await trial.each(
        [0, most + 1, 65_535],
        (alias) => `alias ${alias}`,
        (alias) => trial.breaks(version, publish({ version, topicName: '45', properties: topicAlias(alias) }), [0x94]),
      )
      trial.count('met topicAliasMaximum', 2)
      const client = await trial.connected(version)
      client.send(publish({ version, topicName: '45', properties: topicAlias(most) }))
      await trial.alive(client)
      async function aliasMaximum(): Promise<number> {
        const { connack } = await trial.connected(version)
        return Number(connack?.properties.find(({ id }) => id === 0x22)?.value ?? 0)
      }
    }),
  ),

  hostile(46, (trial) =>
    trial.versionsOf([5], async (version) => {
      await trial.breaks(version, publish({ version, topicName: '', properties: topicAlias(3) }), [0x82])
      const clientId = trial.name()
      const first = await trial.connected(version, { clientId, properties: hex('11 00 00 00 64') })
      first.send(publish({ version, topicName: '46', properties: topicAlias(3) }))
      await trial.alive(first)
      await first.leave()
      const again = await trial.connected(version, { clientId, clean: false, properties: hex('11 00 00 00 00') })
      trial.check(again.connack?.sessionPresent === true, 'no Session to resume')
      again.send(publish({ version, topicName: '', properties: topicAlias(3) }))
      await trial.endsAsRuled(again, [0x82])
    }),
  ),

  hostile(47, (trial) =>
    trial.versionsOf([5], async (version) => {
      const client = await trial.connected(version)
      const round = Buffer.concat(
        Array.from({ length: 1_000 }, (_, place) =>
          publish({ version, topicName: `47/${place % 50}/${'x'.repeat(100)}`, properties: topicAlias(1) }),
        ),
      )
      for (let count = 0; count < 100; count++) {
        await client.sendAll(round)
        if (count % 10 === 9) await trial.alive(client)
      }
    }),
  ),

  hostile(48, (trial) =>
    trial.versionsOf(BOTH, (version) => trial.breaks(version, publish({ version, topicName: '48', qos: 3 }), [0x81])),
  ),

  hostile(49, (trial) =>
    trial.versionsOf(BOTH, (version) =>
      trial.breaks(version, publish({ version, topicName: '49', dup: true }), [0x81, 0x82]),
    ),
  ),

  hostile(50, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      for (const qos of [1, 2]) {
        await trial.breaks(version, publish({ version, topicName: '50', qos, packetId: 0 }), [0x82])
        await trial.breaks(version, packet(0x30 | (qos << 1), text('50')), [0x81])
        await trial.breaks(version, packet(0x30 | (qos << 1), text('50'), 1), [0x81])
      }
    }),
  ),

  hostile(51, (trial) =>
    trial.versionsOf([5], async (version) => {
      for (const topic of ['a/#', '+', 'a/+/b']) {
        await trial.breaks(version, publish({ version, topicName: '51', properties: bytes(0x08, text(topic)) }), [0x82])
      }
      await trial.breaks(version, publish({ version, topicName: '51', properties: bytes(0x0b, 1) }), [0x82])
    }),
  ),

  hostile(52, { settings: { checkPayloadFormat: true } }, (trial) =>
    trial.versionsOf([5], async (version) => {
      const watcher = await subscribed(trial, version, '52')
      const client = await trial.connected(version)
      for (const qos of [1, 2]) {
        const code = await published(client, {
          topicName: '52',
          qos,
          packetId: qos,
          payload: hex('ED A0 80'),
          properties: hex('01 01'),
        })
        trial.equal(code, 0x99, `the Reason Code for QoS ${qos}`)
      }
      trial.count('dropped payload-format-invalid', 2)
      await silent(trial, watcher, 'messages that are not what they say')
      await published(client, { topicName: '52', qos: 1, packetId: 3, payload: 'text', properties: hex('01 01') })
      trial.equal(await payloads(watcher, 1), ['text'], 'text that is text')
      await trial.breaks(version, publish({ version, topicName: '52', properties: hex('01 02') }), [0x82])
    }),
  ),

  hostile(53, { settings: { maximumQos: 1, retainAvailable: false } }, (trial) =>
    trial.versionsOf([5], async (version) => {
      await trial.breaks(version, publish({ version, topicName: '53', qos: 2 }), [0x9b])
      await trial.breaks(version, publish({ version, topicName: '53', retain: true }), [0x9a])
      const will = { topicName: '53' }
      const refused = (fields: object, code: number): Promise<void> =>
        trial.refuses(
          connect({ version, clientId: trial.name(), will: { ...will, ...fields } }),
          { connack: [code] },
          version,
        )
      await refused({ qos: 2 }, 0x9b)
      await refused({ retain: true }, 0x9a)
    }),
  ),

  hostile(54, (trial) =>
    trial.versionsOf([5], async (version) => {
      const watcher = await subscribed(trial, version, [['54', 1]])
      const client = await trial.connected(version)
      trial.equal(await published(client, { topicName: '54', qos: 1, retain: true, payload: 'old' }), 0, 'code')
      trial.equal(await payloads(watcher, 1), ['old'], 'before')
      const gone = { topicName: '54', qos: 1, retain: true, payload: 'gone', properties: expiry(0) }
      trial.equal(await published(client, gone), 0, 'the Reason Code of a message that expires at once')
      // Whoever has room gets it; nobody does later.
      trial.equal(await payloads(watcher, 1), ['gone'], 'for a connection whose window is open')
      const later = await subscribed(trial, version, [['54', 1]])
      await silent(trial, later, 'retained messages of the topic')
      trial.freeCounts.add('dropped message-expired')
    }),
  ),

  hostile(55, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const watcher = await subscribed(trial, version, [
        ['#', 0],
        ['$SYS/x', 0],
        ['$foo/#', 0],
        ['$SYS/broker/connection/+/state', 0],
      ])
      const client = await trial.connected(version)
      await watcher.ping()
      let packetId = 0
      for (const topicName of ['$SYS/x', '$share/g/x']) {
        for (const qos of [0, 1, 2]) {
          const code = await published(client, { topicName, qos, packetId: ++packetId, payload: 'p' })
          if (qos > 0) trial.equal(code, version === 5 ? 0x87 : 0, `${topicName} with QoS ${qos}`)
          trial.count('dropped not-authorized')
        }
      }
      const messages = async (): Promise<string[]> =>
        (await watcher.ping())
          .map((frame) => readPublish(frame, version))
          .filter(({ topicName }) => topicName.startsWith('$') && topicName !== '$SYS/broker/uptime')
          .map(({ topicName, payload }) => `${topicName} ${payload.toString()}`)
      trial.equal(await messages(), [], 'messages to topics of the Server')
      client.send(publish({ version, topicName: '$foo/x', payload: 'foo' }))
      client.send(publish({ version, topicName: '$SYS/broker/connection/b/state', payload: 'state' }))
      await trial.alive(client)
      trial.equal(
        await messages(),
        ['$foo/x foo', '$SYS/broker/connection/b/state state'],
        'of other $-topics, once each',
      )
      const will = { topicName: '$SYS/broker/connection/b/state', payload: 'lost' }
      const bridge = await trial.connected(version, { will })
      bridge.drop()
      trial.count('willsPublished')
      const came: string[] = []
      await becomes(async () => came.push(...(await messages())) > 0, 1_000)
      trial.equal(came, ['$SYS/broker/connection/b/state lost'], 'of the Will of a bridge')
    }),
  ),

  hostile(144, { login: { kind: 'revocable' } }, (trial) =>
    trial.versionsOf([5], async (version) => {
      const watcher = await subscribed(trial, version, '144/#')
      const client = await trial.connected(version)
      await trial.command({ do: 'revoke', what: 'publish', prefix: '144/no' })
      const send = async (fields: object): Promise<number> => {
        client.send(publish({ version, topicName: '', qos: 1, properties: topicAlias(1), ...fields }))
        return readAcknowledgement(await client.expect('puback'), version).code
      }
      trial.equal(await send({ topicName: '144/no' }), 0x87, 'a topic without the right')
      trial.equal(await send({}), 0x87, 'its alias')
      trial.count('dropped not-authorized', 2)
      trial.equal(await send({ topicName: '144/yes', payload: 'a' }), 0, 'a topic with the right')
      trial.equal(await send({ payload: 'b' }), 0, 'its alias')
      trial.equal(await payloads(watcher, 2), ['a', 'b'], 'messages')
    }),
  ),

  hostile(151, (trial) =>
    trial.versionsOf([5], async (version) => {
      const properties = hex('17 00')
      const client = await trial.connected(version, { properties })
      client.send(subscribe(version, 1, [['$share/g/x', 0]]))
      const answers = [await client.expect('suback')]
      client.send(publish({ version, topicName: '$SYS/x', qos: 1, packetId: 2 }))
      answers.push(await client.expect('puback'))
      client.send(publish({ version, topicName: '$SYS/x', qos: 2, packetId: 3 }))
      answers.push(await client.expect('pubrec'))
      trial.count('dropped not-authorized', 2)
      const wordy = answers.filter(({ body, type }) => body.length > (type === 9 ? 4 : 4) || body[3] !== 0)
      trial.equal(wordy.filter(({ body }) => body.length > 4).length, 0, 'answers with properties')
      // A message keeps its User Properties all the same.
      await addSubscriptions(client, '151')
      client.send(publish({ version, topicName: '151', properties: bytes(0x26, text('k'), text('v')) }))
      const { properties: found } = await client.expectPublish()
      trial.equal(
        found.map(({ value }) => value),
        ['k=v'],
        'User Properties of a message',
      )
    }),
  ),
]
