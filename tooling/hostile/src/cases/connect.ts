import { hostile, type HostileCase } from '../run/hostile-case.ts'
import { bytes, hex, text } from '../wire/bytes.ts'
import { connect, publish, type Version } from '../wire/packets.ts'
import { BOTH, payloads, silent, subscribed } from './helpers.ts'

/** K(x) of 5.0 or C of 3.1.1. */
const refusedAs = (version: Version, codes: readonly number[]) =>
  version === 5 ? ({ connack: codes } as const) : ('closed' as const)

/** Bytes that are no UTF-8. */
const NOT_UTF8 = ['ED A0 80', 'C0 80', 'F4 90 80 80', '80', '61 E2 82'].map((each) => hex(each))

/** Control characters and non-characters, which text may have and names may not. */
const CONTROL = ['\u0001', '\u001f', '\u007f', '\u009f', '\ufffe', '\uffff']

export const CONNECT: readonly HostileCase[] = [
  hostile(17, async (trial) => {
    await trial.part('MQTX', () =>
      trial.refuses(connect({ version: 5, clientId: 'x', protocolName: 'MQTX' }), 'closed'),
    )
    const levels = Array.from({ length: 256 }, (_, level) => level).filter((level) => level !== 4 && level !== 5)
    await trial.each(
      levels,
      (level) => `MQTT of level ${level}`,
      async (level) => {
        const old = level < 4 || level >= 0x80
        const client = await trial.open({ version: old ? 4 : 5 })
        client.send(connect({ version: 4, clientId: trial.name(), level }))
        trial.count('protocolErrors|connectsRefused')
        await trial.ends(client, { connack: [old ? 0x01 : 0x84] })
        trial.check(!old || client.receivedBytes === 4, `MQTT of level ${level}: ${client.receivedBytes} bytes`)
      },
    )
    await trial.each(
      [0, 1, 2, 4, 5, 0x83, 0xff],
      (level) => `MQIsdp of level ${level}`,
      (level) => trial.refuses(connect({ version: 3, clientId: trial.name(), level }), { connack: [0x01] }, 4),
    )
  }),

  hostile(18, (trial) =>
    trial.versionsOf(BOTH, (version) =>
      trial.refuses(connect({ version, clientId: trial.name(), flags: 0x03 }), refusedAs(version, [0x81]), version),
    ),
  ),

  hostile(19, (trial) =>
    trial.versionsOf(BOTH, (version) =>
      trial.refuses(
        connect({ version, clientId: trial.name(), will: { topicName: 'w', qos: 3 } }),
        refusedAs(version, [0x81]),
        version,
      ),
    ),
  ),

  hostile(20, (trial) =>
    trial.versionsOf(BOTH, (version) =>
      trial.each(
        [0x0a, 0x12, 0x22, 0x3a],
        (flags) => `flags ${flags}`,
        (flags) =>
          trial.refuses(connect({ version, clientId: trial.name(), flags }), refusedAs(version, [0x81]), version),
      ),
    ),
  ),

  hostile(21, async (trial) => {
    await trial.versionsOf([4], (version) =>
      trial.refuses(connect({ version, clientId: trial.name(), password: 'p' }), 'closed', version),
    )
    await trial.versionsOf([5], async (version) => void (await trial.connected(version, { password: 'p' })))
  }),

  hostile(22, { limits: { maximumTopicBytes: 100, maximumTopicLevels: 5 } }, async (trial) => {
    await trial.versionsOf(BOTH, async (version) => {
      await trial.each(
        ['', 'a/+', '#', 'a/#', '+/b'],
        (topicName) => `Will Topic "${topicName}"`,
        (topicName) =>
          trial.refuses(
            connect({ version, clientId: trial.name(), will: { topicName } }),
            refusedAs(version, [0x81]),
            version,
          ),
      )
      await trial.each(
        ['a'.repeat(101), 'a/b/c/d/e/f', '$share/g/x'],
        (topicName) => `Will Topic ${topicName}`,
        (topicName) =>
          trial.refuses(
            connect({ version, clientId: trial.name(), will: { topicName } }),
            refusedAs(version, [0x90]),
            version,
          ),
      )
      trial.count('met maximumTopicBytes')
      trial.count('met maximumTopicLevels')
    })
  }),

  hostile(23, async (trial) => {
    await trial.versionsOf([3, 4], async (version) => {
      await trial.refuses(connect({ version, clientId: '', clean: false }), { connack: [0x02] }, version)
      if (version === 3) await trial.refuses(connect({ version, clientId: '' }), { connack: [0x02] }, version)
      else await trial.connected(version, { clientId: '' })
    })
    await trial.versionsOf([5], async (version) => {
      const assigned = new Set<string>()
      for (let each = 0; each < 20; each++) {
        const client = await trial.connected(version, { clientId: '', clean: each % 2 === 0 })
        const found = client.connack?.properties.find(({ id }) => id === 0x12)?.value
        trial.check(typeof found === 'string', 'no Assigned Client Identifier')
        assigned.add(String(found))
      }
      trial.equal(assigned.size, 20, 'different Assigned Client Identifiers')
      // 96 bits are 16 characters of base64, or 24 of hexadecimal digits.
      trial.check(
        [...assigned].every((each) => each.length >= 16),
        `too short to be unguessable: ${[...assigned][0]}`,
      )
      const common = commonStart([...assigned])
      const most = Math.max(...[...assigned].map((each) => each.length))
      trial.check(most - common >= 16, `${common} characters of ${most} are always the same`)
    })
  }),

  hostile(24, (trial) =>
    trial.versionsOf([5], async (version) => {
      const allowed = new Set([0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26])
      const others = Array.from({ length: 42 }, (_, place) => place + 1).filter((id) => !allowed.has(id))
      await trial.each(
        others,
        (id) => `property ${id}`,
        async (id) => {
          const will = { topicName: 'w', properties: bytes(id, 0, 1, 0, 1, 0x61) }
          await trial.refuses(connect({ version, clientId: trial.name(), will }), { connack: [0x81, 0x82] }, version)
        },
      )
    }),
  ),

  hostile(25, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      await badText(version, 'a\0b')
      const client = await trial.connected(version)
      client.send(publish({ version, topicName: 'a\0b' }))
      await trial.endsAsRuled(client, [0x81])
      async function badText(of: Version, value: string): Promise<void> {
        for (const content of textEverywhere(of, Buffer.from(value), trial.name())) {
          await trial.part(`"${value}"`, () => trial.refuses(content, refusedAs(of, [0x81]), of))
        }
      }
    }),
  ),

  hostile(26, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      await trial.each(
        NOT_UTF8,
        (value) => value.toString('hex'),
        async (value) => {
          for (const content of textEverywhere(version, value, trial.name())) {
            await trial.refuses(content, refusedAs(version, [0x81]), version)
          }
          await trial.breaks(version, publish({ version, topicName: value }), [0x81])
        },
      )
    }),
  ),

  hostile(27, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const name = trial.name()
      const one = await subscribed(trial, version, name, { clientId: name })
      const other = await subscribed(trial, version, `\ufeff${name}`, { clientId: `\ufeff${name}` })
      one.send(publish({ version, topicName: `\ufeff${name}`, payload: 'with' }))
      one.send(publish({ version, topicName: name, payload: 'without' }))
      trial.equal(await payloads(other, 1), ['with'], 'of the topic with a byte order mark')
      trial.equal(await payloads(one, 1), ['without'], 'of the topic without one')
      await silent(trial, one, 'more messages')
      await silent(trial, other, 'more messages')
    }),
  ),

  hostile(28, (trial) =>
    trial.versionsOf(BOTH, (version) =>
      trial.each(
        [0xff, 0xfe],
        (byte) => `Client Identifier ${byte.toString(16)}`,
        (byte) => trial.refuses(connect({ version, clientId: bytes(byte) }), refusedAs(version, [0x81, 0x85]), version),
      ),
    ),
  ),

  hostile(29, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      await trial.each(
        CONTROL,
        (value) => `U+${value.codePointAt(0)!.toString(16)}`,
        async (value) => {
          const [asClientId, ...others] = textEverywhere(version, Buffer.from(`a${value}b`), trial.name())
          // 3.1.1 has a word for a Client Identifier that is refused [MQTT-3.1.3-9].
          const refusal = { connack: version === 5 ? [0x81, 0x85] : [0x02] }
          await trial.refuses(asClientId!, { ...refusal, orClosed: version === 4 }, version)
          for (const content of others) await trial.refuses(content, refusedAs(version, [0x81]), version)
          await trial.breaks(version, publish({ version, topicName: `a${value}b` }), [0x81])
          const filter = bytes(0x82, 0, 0, 1, version === 5 ? 0 : [], text(`a${value}b`), 0)
          filter[1] = filter.length - 2
          await trial.breaks(version, filter, [0x81])
          if (version === 5) {
            const responseTopic = bytes(0x08, text(`a${value}b`))
            await trial.breaks(version, publish({ version, topicName: 'a', properties: responseTopic }), [0x81])
            const free = bytes(0x26, text(`k${value}`), text(`v${value}`), 0x03, text(value))
            const client = await trial.connected(version)
            client.send(publish({ version, topicName: 'a', properties: free }))
            await trial.alive(client)
          }
        },
      )
      const client = await subscribed(trial, version, '\u{2a6d4}', { clientId: `\u{2a6d4}${trial.name()}` })
      client.send(publish({ version, topicName: '\u{2a6d4}', payload: 'p' }))
      trial.equal(await payloads(client, 1), ['p'], 'of U+2A6D4')
    }),
  ),
]

/** A CONNECT with these bytes as Client Identifier, as User Name and as Will Topic. */
const textEverywhere = (version: Version, value: Uint8Array, clientId: string): Buffer[] => [
  connect({ version, clientId: value }),
  connect({ version, clientId, username: value, password: 'p' }),
  connect({ version, clientId, will: { topicName: value } }),
]

const commonStart = (all: readonly string[]): number => {
  const [first = ''] = all
  let length = 0
  while (length < first.length && all.every((each) => each[length] === first[length])) length++
  return length
}
