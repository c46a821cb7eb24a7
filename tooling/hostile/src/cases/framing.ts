import { TYPES } from '../wire/frames.ts'
import { bytes, hex, packet, text, u16, variable } from '../wire/bytes.ts'
import { acknowledgement, connect, PINGREQ, publish, subscribe, unsubscribe, type Version } from '../wire/packets.ts'
import type { WireClient } from '../wire/wire-client.ts'
import { BOTH, subscribed } from './helpers.ts'
import { hostile, type HostileCase } from '../run/hostile-case.ts'
import { REFUSED, type Trial } from '../run/trial.ts'

/** Bytes that are wrong before any version is known, and after: closed, in 5.0 with a reason. */
const wrongAnywhere = async (trial: Trial, content: Buffer): Promise<void> => {
  await trial.part('before CONNECT', () => trial.refuses(content, 'closed'))
  await trial.versionsOf(BOTH, (version) => trial.breaks(version, content, [0x81]))
}

const FIRST_BYTES_OF_OTHERS = [0x20, 0x30, 0x40, 0x50, 0x62, 0x70, 0x82, 0x90, 0xa2, 0xb0, 0xc0, 0xd0, 0xe0, 0xf0]

export const FRAMING: readonly HostileCase[] = [
  // The last byte is never sent: the fifth is already too many.
  hostile(1, (trial) => wrongAnywhere(trial, hex('10 FF FF FF FF'))),

  hostile(2, (trial) => wrongAnywhere(trial, hex('10 80 80 80 80'))),

  hostile(3, async (trial) => {
    await trial.versionsOf([4], async (version) => {
      const client = await trial.connected(version)
      client.send(hex('C0 80 00'))
      await client.expect('pingresp')
    })
    await trial.versionsOf([5], (version) => trial.breaks(version, hex('C0 80 00'), [0x81]))
  }),

  hostile(4, async (trial) => {
    await trial.versionsOf(BOTH, async (version) => {
      const whole = await conversation(trial, version, [])
      const length = stream(version, letter()).length
      const cuts = Array.from({ length: length - 1 }, (_, at) => [at + 1])
      await trial.each(
        [...cuts, 'each'],
        (cut) => `cut at ${String(cut)}`,
        async (cut) => {
          const at = cut === 'each' ? Array.from({ length: length - 1 }, (_, place) => place + 1) : (cut as number[])
          trial.equal(await conversation(trial, version, at), whole, `answers of a stream cut at ${String(cut)}`)
        },
      )
    })
  }),

  hostile(5, async (trial) => {
    await trial.versionsOf(BOTH, async (version) => {
      const watcher = await subscribed(trial, version, 'five/#')
      const smuggled = publish({ version, topicName: 'five/smuggled' })
      await trial.each(
        [hex('C1 00'), hex('30 02 00 00'), hex('00 00')],
        (wrong) => wrong.toString('hex'),
        async (wrong) => {
          await trial.breaks(version, bytes(wrong, smuggled), [0x81, 0x82])
        },
      )
      const came = await trial.alive(watcher)
      trial.equal(came.length, 0, 'messages from behind a violation')
    })
  }),

  hostile(6, { limits: { maximumPacketSizeBytes: 100_000 } }, async (trial) => {
    await trial.versionsOf(BOTH, async (version) => {
      const header = bytes(0x30, variable(100_000))
      await trial.breaks(version, header, [0x95], 'protocolErrors')
      trial.count('packetsTooLarge')
      trial.count('met maximumPacketSizeBytes')
      // One that is just as large as allowed is taken.
      const client = await trial.connected(version)
      const head = bytes(text('six'), version === 5 ? 0 : [])
      const rest = 100_000 - 4 - head.length
      client.send(bytes(0x30, variable(head.length + rest), head), Buffer.alloc(rest))
      await trial.alive(client)
    })
  }),

  hostile(7, { limits: { packetAssemblyTimeoutMs: 1000 } }, async (trial) => {
    await trial.versionsOf(BOTH, async (version) => {
      const slow = await trial.connected(version)
      const steady = await trial.connected(version)
      const head = bytes(text('seven'), version === 5 ? 0 : [])
      slow.send(bytes(0x30, variable(50_000), head))
      steady.send(bytes(0x30, variable(head.length + 6_000), head))
      const started = performance.now()
      // 4 KiB a second, for longer than the timeout.
      let missing = 6_000
      const drip = setInterval(() => {
        slow.send(bytes(1))
        if (performance.now() - started >= 1_400 || missing < 410) return
        steady.send(Buffer.alloc(410))
        missing -= 410
      }, 100)
      try {
        trial.count('assemblyTimeouts')
        trial.count('met packetAssemblyTimeoutMs')
        await trial.endsAsRuled(slow, [0x8d, 0x98])
        const tookMs = performance.now() - started
        trial.check(tookMs > 900, `closed after ${Math.round(tookMs)} ms, before its time was over`)
        await steady.until(() => performance.now() - started > 1_450 || steady.hasEnded, 100, '').catch(() => {})
      } finally {
        clearInterval(drip)
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, 1_450 - (performance.now() - started))))
      trial.check(!steady.hasEnded, 'a packet at 4 KiB a second was not waited for')
      steady.send(Buffer.alloc(missing))
    })
  }),

  hostile(8, async (trial) => {
    const version = trial.versions.at(-1)!
    const head = bytes(text('eight'), version === 5 ? 0 : [])
    const inSingleBytes = async (client: WireClient, content: Buffer): Promise<void> => {
      for (let at = 0; at < content.length; at++) {
        client.stream.write(content.subarray(at, at + 1))
        if (at % 64 === 63) await new Promise((resolve) => setImmediate(resolve))
      }
    }
    const cost = async (size: number): Promise<number> => {
      const client = await trial.connected(version)
      const before = trial.cpuMs()
      await inSingleBytes(client, bytes(0x30, variable(head.length + size), head, Buffer.alloc(size)))
      await trial.alive(client)
      return trial.cpuMs() - before
    }
    const sink = await trial.open({ port: trial.yardstick.sinkPort })
    const idle = await trial.yardstick.cpuMs()
    await inSingleBytes(sink, Buffer.alloc(262_144))
    await new Promise((resolve) => setTimeout(resolve, 50))
    const reading = (await trial.yardstick.cpuMs()) - idle
    await cost(8_192)
    const quarter = await cost(65_536)
    const whole = await cost(262_144)
    trial.measure('CPU for 256 KiB in single bytes', whole, 'ms')
    trial.measure('the same in a process that only reads them', reading, 'ms')
    trial.quick(
      whole < 300 + reading,
      `${Math.round(whole)} ms of CPU for 256 KiB in single bytes; reading them takes ${Math.round(reading)} ms`,
    )
    trial.quick(whole < 8 * quarter + 50, `not linear: ${quarter} ms for 64 KiB, ${whole} ms for 256 KiB`)
  }),

  hostile(9, async (trial) => {
    await trial.refuses(bytes(0x10, variable(65_537)), 'closed')
    trial.count('packetsTooLarge')
    trial.count('met maximumConnectPacketSizeBytes')
  }),

  hostile(10, async (trial) => {
    await trial.part('type 0 before CONNECT', () => trial.refuses(hex('00 00'), 'closed'))
    await trial.versionsOf(BOTH, (version) => trial.breaks(version, hex('00 00'), [0x81, 0x82]))
    await trial.versionsOf([4], (version) => trial.breaks(version, hex('F0 00'), []))
    await trial.part('AUTH before CONNECT', () => trial.refuses(hex('F0 00'), 'closed'))
  }),

  hostile(11, async (trial) => {
    const tookMs: number[] = []
    for (const first of FIRST_BYTES_OF_OTHERS) {
      await trial.part(`first byte ${first.toString(16)}`, async () => {
        const client = await trial.open()
        const started = performance.now()
        client.send(bytes(first))
        trial.count(REFUSED)
        await trial.ends(client, 'closed')
        tookMs.push(performance.now() - started)
      })
    }
    if (tookMs.length === 0) return
    const median = tookMs.sort((one, other) => one - other)[tookMs.length >> 1]!
    trial.measure('median until the close', median, 'ms')
    trial.quick(median < 5, `closed after ${median.toFixed(1)} ms (median)`)
  }),

  hostile(12, async (trial) => {
    await trial.versionsOf(BOTH, async (version) => {
      const watcher = await subscribed(trial, version, 'twelve')
      const clientId = trial.name()
      const client = await trial.connected(version, { clientId, will: { topicName: 'twelve' } })
      client.send(connect({ version, clientId }))
      trial.count('willsPublished')
      await trial.endsAsRuled(client, [0x82])
      trial.equal((await watcher.expectPublish()).payload.toString(), 'will', 'the Will')
    })
  }),

  hostile(13, async (trial) => {
    const packets = [hex('20 02 00 00'), hex('90 03 00 01 00'), hex('B0 02 00 01'), hex('D0 00')]
    await trial.versionsOf(BOTH, async (version) => {
      await trial.each(
        packets,
        (each) => each.toString('hex'),
        async (each) => {
          // In 5.0 SUBACK and UNSUBACK have properties.
          const first = each[0]!
          const content =
            version === 4
              ? each
              : first === 0x20
                ? hex('20 03 00 00 00')
                : first === 0x90
                  ? hex('90 04 00 01 00 00')
                  : first === 0xb0
                    ? hex('B0 04 00 01 00 00')
                    : each
          await trial.breaks(version, content, [0x82])
        },
      )
    })
  }),

  hostile(14, async (trial) => {
    const packets = [
      '20 00',
      '20 01 FF',
      '90 00',
      '90 01 00',
      '90 02 00 00',
      'B0 00',
      'B0 01 07',
      'D0 01 00',
      '2F 00',
      '20 03 00 00 FF',
    ]
    await trial.versionsOf(BOTH, async (version) => {
      await trial.each(
        packets,
        (each) => each,
        (each) => trial.breaks(version, hex(each), [0x81, 0x82]),
      )
    })
  }),

  hostile(15, async (trial) => {
    const legal: Readonly<Record<number, number>> = { 6: 2, 8: 2, 10: 2 }
    await trial.versionsOf(BOTH, async (version) => {
      const products = [4, 5, 6, 7, 8, 10, 12, 14, ...(version === 5 ? [15] : [])].flatMap((type) =>
        Array.from({ length: 16 }, (_, flags) => ({ type, flags })).filter(({ flags }) => flags !== (legal[type] ?? 0)),
      )
      await trial.each(
        products,
        ({ type, flags }) => `type ${type} flags ${flags}`,
        async ({ type, flags }) => {
          await trial.breaks(version, withFlags(version, type, flags), [0x81])
        },
      )
      const connects = Array.from({ length: 15 }, (_, place) => place + 1)
      await trial.each(
        connects,
        (flags) => `CONNECT flags ${flags}`,
        async (flags) => {
          const content = connect({ version, clientId: trial.name(), firstByte: 0x10 | flags })
          await trial.refuses(content, version === 5 ? { connack: [0x81], orClosed: true } : 'closed', version)
        },
      )
    })
    await trial.versionsOf([3], async (version) => {
      for (const flags of [0x04, 0x0f, 0x01]) {
        const client = await trial.open({ version })
        const connack = await client.connect({ clientId: trial.name(), firstByte: 0x10 | flags })
        trial.equal(connack.code, 0, `CONNECT of 3.1 with flags ${flags}`)
      }
    })
  }),

  hostile(16, async (trial) => {
    await trial.versionsOf(BOTH, async (version) => {
      const wrong: Buffer[] = [
        hex('C0 01 00'),
        longer(subscribe(version, 1, [['sixteen', 0]]), 0xff),
        longer(unsubscribe(version, 1, ['sixteen']), 0xff),
        longer(acknowledgement('puback', 1, 0), 0xff, 0xff),
        longer(acknowledgement('pubrel', 1, 0), 0xff, 0xff),
        ...(version === 4 ? [hex('E0 01 00')] : [hex('E0 03 00 00 00')]),
      ]
      await trial.each(
        wrong,
        (each) => each.toString('hex'),
        (each) => trial.breaks(version, each, [0x81]),
      )
      await trial.part('CONNECT', () =>
        trial.refuses(
          longer(connect({ version, clientId: trial.name() }), 0),
          version === 5 ? { connack: [0x81], orClosed: true } : 'closed',
          version,
        ),
      )
    })
  }),
]

/** A packet with more behind its body. */
const longer = (content: Buffer, ...more: number[]): Buffer => packet(content[0]!, content.subarray(2), more)

/** A packet of that type that is right but for its flags. */
const withFlags = (version: Version, type: number, flags: number): Buffer => {
  const bodies: Readonly<Record<number, Buffer>> = {
    8: subscribe(version, 1, [['fifteen', 0]]).subarray(2),
    10: unsubscribe(version, 1, ['fifteen']).subarray(2),
    12: Buffer.alloc(0),
    14: Buffer.alloc(0),
    15: Buffer.alloc(0),
  }
  return packet((type << 4) | flags, bodies[type] ?? u16(1))
}

/** One packet of each kind, with an answer to each. */
const stream = (version: Version, topicName: string): Buffer =>
  bytes(
    connect({ version, clientId: `four${topicName}` }),
    subscribe(version, 1, [[topicName, 0]]),
    publish({ version, topicName, qos: 1, packetId: 2, payload: 'p' }),
    publish({ version, topicName: 'other', qos: 2, packetId: 3 }),
    acknowledgement('pubrel', 3),
    unsubscribe(version, 4, [topicName]),
    PINGREQ,
  )

/** Everything that comes back, with each part of the stream in a segment of its own. */
const conversation = async (trial: Trial, version: Version, cuts: readonly number[]): Promise<string[]> => {
  const client = await trial.open({ version })
  // A letter each, so that all streams have one length and no two share a Session.
  const content = stream(version, letter())
  let from = 0
  for (const cut of [...cuts, content.length]) {
    await client.sendAll(content.subarray(from, cut))
    from = cut
    if (cuts.length > 1) await new Promise((resolve) => setImmediate(resolve))
  }
  const answers: string[] = []
  while (answers.length < 8) {
    const frame = await client.next()
    answers.push(frame.type === TYPES.publish ? `publish ${frame.flags}` : frame.bytes.toString('hex'))
  }
  await client.leave()
  return answers
}

let nextLetter = 0
const letter = (): string => String.fromCodePoint(0x4e00 + nextLetter++)
