import { hostile, type HostileCase } from '../run/hostile-case.ts'
import { REFUSED, type Trial } from '../run/trial.ts'
import { bytes, hex, packet, text } from '../wire/bytes.ts'
import { auth, connect, publish } from '../wire/packets.ts'
import { PROPERTIES } from '../wire/property-table.ts'
import { becomes, payloads, subscribed } from './helpers.ts'
import { packetWith, SENT_BY_CLIENTS, type SentByClients } from './packets-with-properties.ts'

/** Sends a packet with these properties as it is due, and expects the connection to end with one of the codes. */
const breaksWith = async (
  trial: Trial,
  place: SentByClients,
  given: Uint8Array,
  codes: readonly number[],
): Promise<void> => {
  const content = packetWith(place, given, trial.name())
  if (place === 'connect' || place === 'will') await trial.refuses(content, { connack: codes }, 5)
  else await trial.breaks(5, content, codes)
}

const PLAIN_PUBLISH = text('properties')

export const PROPERTIES_CASES: readonly HostileCase[] = [
  hostile(30, (trial) =>
    trial.versionsOf([5], async (version) => {
      await trial.breaks(version, packet(0x30, PLAIN_PUBLISH, 5), [0x81])
      await trial.breaks(version, packet(0x82, 0, 1, 20, text('a'), 0), [0x81])
      const wrong = packet(0x10, text('MQTT'), 5, 2, 0, 60, 100, text('x'))
      await trial.refuses(wrong, { connack: [0x81] }, version)
    }),
  ),

  hostile(31, (trial) =>
    trial.versionsOf([5], async (version) => {
      // Content Type of five bytes, of which the Property Length has one.
      await trial.breaks(version, packet(0x30, PLAIN_PUBLISH, 4, 0x03, 0, 5, 0x61, hex('6262626262')), [0x81])
      const wrong = packet(0x10, text('MQTT'), 5, 2, 0, 60, 4, 0x15, 0, 5, 0x61, text('abcdef'))
      await trial.refuses(wrong, { connack: [0x81] }, version)
    }),
  ),

  hostile(32, (trial) =>
    trial.versionsOf([5], async (version) => {
      for (const length of ['FF FF FF FF 01', '80 80 80 80 00', '80 00', '81 80 00']) {
        await trial.part(length, () => trial.breaks(version, packet(0x30, PLAIN_PUBLISH, hex(length), 0x61), [0x81]))
        const wrong = packet(0x10, text('MQTT'), 5, 2, 0, 60, hex(length), text('x'))
        await trial.part(`${length} in CONNECT`, () => trial.refuses(wrong, { connack: [0x81] }, version))
      }
    }),
  ),

  hostile(33, (trial) =>
    trial.versionsOf([5], () =>
      trial.each(
        ['00', '04', '7F', '80 01'],
        (id) => `id ${id}`,
        async (id) => {
          for (const place of SENT_BY_CLIENTS) await breaksWith(trial, place, bytes(hex(id), 0, 1, 0x61), [0x81])
        },
      ),
    ),
  ),

  hostile(34, (trial) =>
    trial.versionsOf([5], async () => {
      const rows = PROPERTIES.flatMap((row) =>
        SENT_BY_CLIENTS.filter((place) => row.places.includes(place)).map((place) => ({ row, place })),
      )
      await trial.each(
        rows,
        ({ row, place }) => `property ${row.id} in ${place}`,
        async ({ row, place }) => {
          // A Client's PUBLISH has no Subscription Identifier at all; an AUTH needs its method.
          await breaksWith(trial, place, bytes(row.sample, row.sample), [0x82])
          // Topic Alias 0 is refused with a code of its own (#45), whichever is looked at first.
          await breaksWith(trial, place, bytes(row.zero, row.sample), row.id === 0x23 ? [0x82, 0x94] : [0x82])
        },
      )
    }),
  ),

  hostile(35, (trial) =>
    trial.versionsOf([5], async () => {
      const products = PROPERTIES.flatMap((row) =>
        SENT_BY_CLIENTS.filter((place) => !row.places.includes(place)).map((place) => ({ row, place })),
      )
      await trial.each(
        products,
        ({ row, place }) => `property ${row.id} in ${place}`,
        ({ row, place }) => breaksWith(trial, place, row.sample, [0x81]),
      )
      trial.check(products.length > 200, `only ${products.length} products`)
    }),
  ),

  hostile(36, (trial) =>
    trial.versionsOf([5], async () => {
      await breaksWith(trial, 'connect', hex('21 00 00'), [0x82])
      await breaksWith(trial, 'connect', hex('27 00 00 00 00'), [0x82])
      await breaksWith(trial, 'connect', hex('17 02'), [0x82])
      await breaksWith(trial, 'connect', hex('11 00 00'), [0x81])
    }),
  ),

  hostile(37, (trial) =>
    trial.versionsOf([5], async (version) => {
      const client = await subscribed(trial, version, '37/#', { properties: hex('22 FF FF') })
      const other = await trial.connected(version)
      for (let round = 0; round < 2; round++) {
        for (let topic = 0; topic < 40; topic++)
          other.send(publish({ version, topicName: `37/${topic}`, payload: 'p' }))
      }
      const aliases: number[] = []
      for (let count = 0; count < 80; count++) {
        const { properties: given } = await client.expectPublish()
        for (const { id, value } of given) if (id === 0x23) aliases.push(Number(value))
      }
      trial.check(
        aliases.every((alias) => alias >= 1 && alias <= 16),
        `alias ${Math.max(...aliases)} was used`,
      )
      trial.measure('highest Topic Alias used', Math.max(0, ...aliases), '')
    }),
  ),

  hostile(38, (trial) =>
    trial.versionsOf([5], async (version) => {
      await breaksWith(trial, 'connect', bytes(0x16, text('data')), [0x82])
      await trial.breaks(version, auth(0x18, 0x15, text('SCRAM-SHA-256')), [0x82])
    }),
  ),

  hostile(39, { login: { kind: 'scram', username: 'ann', password: 'secret' } }, (trial) =>
    trial.versionsOf([5], async (version) => {
      await trial.part('unknown', async () => {
        const given = bytes(0x15, text('NOBODYS-METHOD'))
        await trial.refuses(
          connect({ version, clientId: trial.name(), properties: given }),
          { connack: [0x8c] },
          version,
        )
      })
      await trial.part('another before CONNACK', async () => {
        const client = await trial.open({ version })
        const given = bytes(0x15, text('SCRAM-SHA-256'), 0x16, text('n,,n=ann,r=abcdefghijkl'))
        client.send(connect({ version, clientId: trial.name(), properties: given }))
        await client.expect('auth')
        client.send(auth(0x18, 0x15, text('OTHER')))
        trial.count(REFUSED, 2)
        await trial.ends(client, { connack: [0x82, 0x8c] })
      })
    }),
  ),

  hostile(40, (trial) =>
    trial.versionsOf([5], async (version) => {
      const pairs = Buffer.concat(Array.from({ length: 10_000 }, () => hex('26 00 00 00 00')))
      const before = trial.cpuMs()
      await trial.refuses(connect({ version, clientId: trial.name(), properties: pairs }), { connack: [0x97] }, version)
      await trial.breaks(version, publish({ version, topicName: 'forty', properties: pairs }), [0x97])
      const tookMs = (trial.cpuMs() - before) / 2
      trial.measure('CPU for each', tookMs, 'ms')
      trial.quick(tookMs < 5, `${tookMs.toFixed(1)} ms of CPU for 10,000 User Properties`)
      trial.count('met maximumUserProperties', 2)
      const client = await trial.connected(version)
      client.send(publish({ version, topicName: 'forty', properties: pairs.subarray(0, 64 * 5) }))
      await trial.alive(client)
    }),
  ),

  hostile(41, (trial) =>
    trial.versionsOf([5], async (version) => {
      const names = ['__proto__', 'constructor', 'b', 'a', 'b', '__proto__', '10', '2']
      const given = bytes(...names.map((name, place) => bytes(0x26, text(name), text(`v${place}`))))
      const watcher = await subscribed(trial, version, 'pairs')
      const client = await trial.connected(version)
      client.send(publish({ version, topicName: 'pairs', properties: given }))
      const { properties: found } = await watcher.expectPublish()
      const wanted = names.map((name, place) => `${name}=v${place}`)
      trial.equal(
        found.filter(({ id }) => id === 0x26).map(({ value }) => value),
        wanted,
        'User Properties',
      )
    }),
  ),

  hostile(42, { login: { kind: 'hook', does: 'wait' } }, (trial) =>
    trial.versionsOf(trial.versions, async (version) => {
      const watcher = await subscribed(trial, version, '42/#', { username: 'canary', password: 'yellow' })
      const pipelined = Buffer.concat(
        Array.from({ length: 1_000 }, (_, place) => publish({ version, topicName: '42/x', payload: String(place) })),
      )
      for (const allowed of [true, false]) {
        const clientId = trial.name()
        const client = await trial.open({ version })
        client.send(connect({ version, clientId }), pipelined)
        await trial.command({ do: 'answer', clientId, allowed })
        if (allowed) {
          const first = await client.next()
          trial.equal(first.type, 2, 'the first packet')
          trial.equal(
            await payloads(watcher, 1_000),
            Array.from({ length: 1_000 }, (_, place) => String(place)),
            'what was pipelined',
          )
        } else {
          trial.count('connectsRefused')
          await trial.ends(client, { connack: [version === 5 ? 0x87 : 0x05] })
          trial.equal((await watcher.ping()).length, 0, 'messages of a Client that was refused')
        }
      }
      await trial.part('what is held', async () => {
        const clientId = trial.name()
        const client = await trial.open({ version })
        const before = await trial.look()
        client.send(connect({ version, clientId }))
        const megabyte = publish({ version, topicName: '42/y', payload: Buffer.alloc(8_000) })
        for (let count = 0; count < 1_000; count++) client.send(megabyte)
        await becomes(() => client.stream.writableLength < 1_000, 300)
        const after = await trial.look()
        const held = (after.gauges['unauthenticatedBytes'] ?? 0) - (before.gauges['unauthenticatedBytes'] ?? 0)
        if (trial.ours) trial.measure('held of 8 MB before CONNACK', held / 1024, 'KiB')
        // What one read of a socket brings is always taken.
        trial.check(held <= 64 * 1024 * 2, `${held} bytes were held before CONNACK`)
        client.drop('reset')
        // A socket that is not read does not say that it has closed; the answer finds that out.
        await trial.command({ do: 'answer', clientId, allowed: false })
        trial.count('connectsRefused')
      })
    }),
  ),
]
