import { hostile, type HostileCase } from '../run/hostile-case.ts'
import type { Trial } from '../run/trial.ts'
import { bytes, packet, text } from '../wire/bytes.ts'
import { readCodes, readPublish } from '../wire/frames.ts'
import { publish, subscribe, unsubscribe, type Version } from '../wire/packets.ts'
import { BOTH, codesOf, payloads, published, silent, subscribed } from './helpers.ts'

const none = (version: Version): Uint8Array => (version === 5 ? bytes(0) : bytes())

const subscriptions = async (trial: Trial): Promise<number> => (await trial.look()).gauges['subscriptions'] ?? 0

/** What 3.1.1 and 5.0 say to a filter that is too much. */
const quota = (version: Version): number => (version === 5 ? 0x97 : 0x80)
const denied = (version: Version): number => (version === 5 ? 0x87 : 0x80)

export const SUBSCRIBE: readonly HostileCase[] = [
  hostile(56, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      await trial.breaks(version, packet(0x82, 0, 1, none(version)), [0x82])
      await trial.breaks(version, packet(0xa2, 0, 1, none(version)), [0x82])
    }),
  ),

  hostile(57, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      await trial.breaks(version, subscribe(version, 0, [['57', 0]]), [0x81])
      await trial.breaks(version, unsubscribe(version, 0, ['57']), [0x81])
    }),
  ),

  hostile(58, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      await trial.breaks(version, subscribe(version, 1, [['', 0]]), [0x81])
      await trial.breaks(version, unsubscribe(version, 1, ['']), [0x81])
    }),
  ),

  hostile(59, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      await trial.breaks(version, packet(0x82, 0, 1, none(version), text('59')), [0x81])
      await trial.breaks(version, packet(0x82, 0, 1, none(version), text('59'), 0, text('60')), [0x81])
    }),
  ),

  hostile(60, (trial) =>
    trial.versionsOf(BOTH, (version) =>
      trial.each(
        version === 5 ? [0x03, 0x30, 0x40, 0x80, 0xc0] : [0x03, 0x04, 0x08, 0x10, 0x80],
        (options) => `options ${options}`,
        (options) => trial.breaks(version, subscribe(version, 1, [['60', options]]), [0x81, 0x82]),
      ),
    ),
  ),

  hostile(61, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const before = await subscriptions(trial)
      await trial.each(
        ['a/#/b', 'a#', '+a/b', 'a/b+', '##', 'a/++'],
        (filter) => filter,
        async (filter) => {
          await trial.breaks(
            version,
            subscribe(version, 1, [
              ['61', 0],
              [filter, 0],
            ]),
            [0x81],
          )
          await trial.breaks(version, unsubscribe(version, 1, ['61', filter]), [0x81])
        },
      )
      trial.equal(await subscriptions(trial), before, 'subscriptions')
    }),
  ),

  hostile(62, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const deep = '/'.repeat(200)
      const client = await subscribed(trial, version, [
        [deep, 0],
        [`${'+/'.repeat(200)}+`, 0],
        ['/#', 0],
      ])
      client.send(publish({ version, topicName: deep, payload: 'deep' }))
      trial.equal((await payloads(client, 1))[0], 'deep', 'of 201 levels')
      const long = 'x'.repeat(4_097)
      for (const wrong of ['/'.repeat(201), long, '/'.repeat(65_000)]) {
        await trial.breaks(version, subscribe(version, 1, [[wrong, 0]]), [0x8f, 0x81])
        await trial.breaks(version, publish({ version, topicName: wrong }), [0x90, 0x81])
      }
      trial.count('met maximumTopicLevels|met maximumTopicBytes', 6)
    }),
  ),

  hostile(63, { limits: { maximumSubscriptionsPerSession: 2_000 } }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const client = await trial.connected(version)
      const filters = Array.from({ length: 1_025 }, (_, place) => [`63/${place}`, 0] as const)
      client.send(subscribe(version, 1, filters))
      const codes = await codesOf(client)
      trial.equal(
        [codes.length, codes[1_023], codes[1_024]],
        [1_025, 0, quota(version)],
        'codes at the 1,024th and the next',
      )
      const more = Array.from({ length: 1_000 }, (_, place) => [`63/more/${place}`, 0] as const)
      client.send(subscribe(version, 2, more))
      const next = await codesOf(client)
      trial.equal([next[975], next[976]], [0, quota(version)], 'codes at the 2,000th of the Session and the next')
      trial.count('subscriptionsRefused', 25)
      trial.count('met maximumFiltersPerSubscribe')
      trial.count('met maximumSubscriptionsPerSession', 24)
      await trial.alive(client)
    }),
  ),

  hostile(64, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const before = await subscriptions(trial)
      const client = await trial.connected(version)
      client.send(
        subscribe(version, 1, [
          ['64', 2],
          ['64', 1],
        ]),
      )
      trial.equal(await codesOf(client), [2, 1], 'codes')
      if (trial.ours) trial.equal((await subscriptions(trial)) - before, 1, 'subscriptions')
      const other = await trial.connected(version)
      await published(other, { topicName: '64', qos: 2, payload: 'p' })
      const message = await client.expectPublish()
      trial.equal(message.qos, 1, 'the QoS of the last options')
      await silent(trial, client, 'second copies')
    }),
  ),

  hostile(65, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const before = await subscriptions(trial)
      await trial.each(
        ['$share/g', '$share//x', '$share/g+/x', '$share/g#/x', '$share/g/', '$share/'],
        (filter) => filter,
        async (filter) => {
          await trial.breaks(
            version,
            subscribe(version, 1, [
              ['65', 0],
              [filter, 0],
            ]),
            [0x81, 0x82],
          )
          await trial.breaks(version, unsubscribe(version, 1, [filter]), [0x81, 0x82])
        },
      )
      trial.equal(await subscriptions(trial), before, 'subscriptions')
      const group = `$share/g${version}/65`
      const members = [await subscribed(trial, version, group), await subscribed(trial, version, group)]
      const other = await trial.connected(version)
      for (let count = 0; count < 10; count++) other.send(publish({ version, topicName: '65', payload: String(count) }))
      await trial.alive(other)
      const each = await Promise.all(members.map(async (member) => (await member.ping()).length))
      trial.equal(each[0]! + each[1]!, 10, 'messages of the group')
    }),
  ),

  hostile(66, (trial) =>
    trial.versionsOf([5], (version) => trial.breaks(version, subscribe(version, 1, [['$share/g/66', 4]]), [0x82])),
  ),

  hostile(
    67,
    {
      login: {
        kind: 'passwords',
        users: { ann: 'a' },
        acl: 'user ann\ntopic read b/#\ntopic deny a/#\nuser canary\ntopic readwrite #\n',
      },
    },
    (trial) =>
      trial.versionsOf(BOTH, async (version) => {
        const client = await trial.connected(version, { username: 'ann', password: 'a' })
        client.send(
          subscribe(version, 1, [
            ['$share/g/a/#', 0],
            ['a/#', 0],
            ['$share/g/b/#', 0],
          ]),
        )
        trial.equal(await codesOf(client), [denied(version), denied(version), 0], 'codes')
        trial.count('subscriptionsRefused', 2)
      }),
  ),

  hostile(69, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      for (const order of ['normal', 'shared']) {
        const client = await subscribed(trial, version, [
          ['$share/g/69', 0],
          ['69', 0],
        ])
        const [gone, left] = order === 'normal' ? ['69', '$share/g/69'] : ['$share/g/69', '69']
        client.send(unsubscribe(version, 2, [gone]))
        await client.expect('unsuback')
        client.send(publish({ version, topicName: '69', payload: 'p' }))
        trial.equal(await payloads(client, 1), ['p'], `${left} without ${gone}`)
        await silent(trial, client, 'second copies')
        await client.leave()
      }
    }),
  ),

  hostile(70, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const client = await subscribed(trial, version, '70')
      client.send(unsubscribe(version, 1, ['unknown', '70']))
      trial.equal(await codesOf(client, 'unsuback'), version === 5 ? [0x11, 0] : [], 'codes')
      client.send(publish({ version, topicName: '70' }))
      await silent(trial, client, 'messages behind UNSUBACK')
    }),
  ),

  hostile(71, (trial) =>
    trial.versionsOf([5], async (version) => {
      await trial.breaks(version, subscribe(version, 1, [['71', 0]], bytes(0x0b, 0)), [0x82])
      await trial.breaks(version, subscribe(version, 1, [['71', 0]], bytes(0x0b, 1, 0x0b, 2)), [0x82])
    }),
  ),

  hostile(
    73,
    {
      login: {
        kind: 'passwords',
        users: { ann: 'a' },
        acl: 'user ann\ntopic read a/+\nuser canary\ntopic readwrite #\n',
      },
    },
    (trial) =>
      trial.versionsOf(BOTH, async (version) => {
        const client = await trial.connected(version, { username: 'ann', password: 'a' })
        client.send(
          subscribe(version, 1, [
            ['a/#', 0],
            ['+/b', 0],
            ['#', 0],
            ['c/#', 0],
            ['a/+', 0],
          ]),
        )
        const codes = await codesOf(client)
        trial.equal(codes[4], 0, 'the code of what is allowed')
        trial.count('subscriptionsRefused', codes.filter((each) => each >= 0x80).length)
        const other = await trial.connected(version, { username: 'canary', password: 'yellow' })
        for (const topicName of ['a/b', 'a/b/c', 'x/b', 'c/x'])
          other.send(publish({ version, topicName, payload: topicName }))
        await trial.alive(other)
        const came = (await client.ping()).map((frame) => readPublish(frame, version).payload.toString())
        trial.equal([...new Set(came)], ['a/b'], 'messages that arrive')
        trial.freeCounts.add('dropped not-authorized')
      }),
  ),

  hostile(152, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const before = await subscriptions(trial)
      await trial.breaks(
        version,
        subscribe(version, 1, [
          ['152', 0],
          ['a/#/b', 0],
          ['c', 0],
        ]),
        [0x81],
      )
      await trial.breaks(version, packet(0xa2, 0, 1, none(version)), [0x82])
      await trial.breaks(version, unsubscribe(version, 1, ['a', '+a']), [0x81])
      await trial.breaks(version, unsubscribe(version, 0, ['a']), [0x81])
      const client = await trial.connected(version)
      client.send(
        unsubscribe(
          version,
          7,
          Array.from({ length: 1_025 }, (_, place) => `152/${place}`),
        ),
      )
      const { packetId, codes } = readCodes(await client.expect('unsuback'), version)
      trial.equal([packetId, codes.length], [7, version === 5 ? 1_025 : 0], 'UNSUBACK of 1,025 filters')
      trial.equal(await subscriptions(trial), before, 'subscriptions')
    }),
  ),
]
