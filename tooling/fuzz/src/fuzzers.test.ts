import { decodeFrame, encode } from '@godwit/mqtt-codec'
import { readPublishFrame } from '@godwit/mqtt-codec/relay'
import * as topics from '@godwit/mqtt-topics'
import { describe, expect, it } from 'vitest'
import { CodecFuzzer, type FuzzedCodec, judgeInput } from './codec-fuzzer.ts'
import { ConversationFuzzer } from './conversation-fuzzer.ts'
import { corpus } from './corpus.ts'
import { Finding, hexOf } from './finding.ts'
import { Mutator } from './mutate.ts'
import { Random } from './random.ts'
import { TopicsFuzzer } from './topics-fuzzer.ts'

const REAL: FuzzedCodec = { decodeFrame, encode, readPublishFrame }

/** The first finding within so many executions. */
const finding = (run: () => void, executions: number): Finding => {
  for (let done = 0; done < executions; done++) {
    try {
      run()
    } catch (error) {
      if (error instanceof Finding) return error
      throw error
    }
  }
  throw new RangeError(`nothing was found in ${executions} executions`)
}

describe('the codec fuzzer', () => {
  it('finds nothing wrong in a few thousand packets', () => {
    const fuzzer = new CodecFuzzer(new Random(1))
    for (let done = 0; done < 2_000; done++) fuzzer.run()
  })

  it('gives the same inputs for the same seed', () => {
    const inputs = [1, 2].map(() => {
      const seen: string[] = []
      const fuzzer = new CodecFuzzer(new Random(9), {
        ...REAL,
        encode: (packet, version, text) => {
          const bytes = encode(packet, version, text)
          seen.push(hexOf(bytes))
          return bytes
        },
      })
      for (let done = 0; done < 200; done++) fuzzer.run()
      return seen
    })
    expect(inputs[0]!.length).toBeGreaterThan(50)
    expect(inputs[0]).toEqual(inputs[1])
  })

  it.each<[string, Partial<FuzzedCodec>]>([
    [
      'throws',
      {
        decodeFrame: (...given) => {
          const packet = decodeFrame(...given)
          if ('type' in packet && packet.type === 'pubrel' && packet.packetId > 60_000) throw new RangeError('planted')
          return packet
        },
      },
    ],
    [
      'reads the byte behind a packet',
      {
        decodeFrame: (bytes, start, bodyStart, end, ...rest) => {
          const packet = decodeFrame(bytes, start, bodyStart, end, ...rest)
          if (!('type' in packet) || packet.type !== 'puback') return packet
          return { ...packet, packetId: ((packet.packetId + (bytes[end] ?? 0)) % 65_535) + 1 }
        },
      },
    ],
    [
      'decodes what cannot be encoded',
      {
        decodeFrame: (...given) => {
          const packet = decodeFrame(...given)
          return 'type' in packet && packet.type === 'unsuback' ? { ...packet, packetId: 0 } : packet
        },
      },
    ],
    [
      'does not come back the same',
      {
        decodeFrame: (...given) => {
          const packet = decodeFrame(...given)
          return 'type' in packet && packet.type === 'connect'
            ? { ...packet, keepAliveSeconds: packet.keepAliveSeconds >> 1 }
            : packet
        },
      },
    ],
    [
      'takes a Packet Identifier of 0 in the relay reader',
      {
        readPublishFrame: (frame, ...given) => {
          const failure = readPublishFrame(frame, ...given)
          if (failure === undefined) frame.packetId = 0
          return failure
        },
      },
    ],
    ['refuses in the relay reader what is legal', { readPublishFrame: () => ({ ...CUT_OFF }) }],
    [
      'passes a limit',
      {
        decodeFrame: (bytes, start, bodyStart, end, version, text) =>
          decodeFrame(bytes, start, bodyStart, end, version, text),
      },
    ],
  ])('finds a codec that %s, and the input shows it again', (_what, wrong) => {
    const fuzzer = new CodecFuzzer(new Random(5), { ...REAL, ...wrong })
    const { input } = finding(() => fuzzer.run(), 20_000)
    expect(finding(() => judgeInput(fuzzer, input), 200)).toMatchObject({ input })
  })
})

const CUT_OFF = { failed: true, kind: 'malformed-packet', reasonCode: 0x81, offset: 0, message: 'planted' } as const

describe('the mutator', () => {
  it('changes packets so that many are still read and many are not', () => {
    const random = new Random(3)
    const seeds = corpus()
    const mutator = new Mutator(
      random,
      seeds.map(({ bytes }) => bytes),
    )
    const reasons = new Map<string, number>()
    for (let done = 0; done < 20_000; done++) {
      const { bytes, version } = random.pick(seeds)
      mutator.mutate(bytes)
      const input = mutator.bytes.slice(0, mutator.length)
      let bodyStart = 1
      while (bodyStart < 5 && (input[bodyStart++] ?? 0) >= 0x80);
      const packet = decodeFrame(input, 0, Math.min(bodyStart, input.length), input.length, version)
      const reason = 'failed' in packet ? packet.message : packet.type
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    }
    const types = ['connect', 'connack', 'publish', 'puback', 'pubrec', 'pubrel', 'pubcomp', 'subscribe', 'suback']
    const rare = [...types, 'unsubscribe', 'unsuback', 'disconnect', 'auth'].filter(
      (type) => !(reasons.get(type)! > 50),
    )
    expect(rare).toEqual([])
    // As many different refusals: structure is broken everywhere, not only at its beginning.
    expect(reasons.size).toBeGreaterThan(50)
  })
})

describe('the topics fuzzer', () => {
  it('finds nothing wrong in a few thousand texts', () => {
    const fuzzer = new TopicsFuzzer(new Random(1))
    for (let done = 0; done < 2_000; done++) fuzzer.run()
  })

  it.each<[string, Partial<typeof topics>]>([
    ['two judges that disagree', { isTopicFilter: (text) => topics.isTopicFilter(text) || text === '#/' }],
    ['matching that is wrong', { matches: (filter, name) => topics.matches(filter, name) && !filter.startsWith('+') }],
  ])('finds %s', (_what, wrong) => {
    const fuzzer = new TopicsFuzzer(new Random(2), { ...topics, ...wrong })
    expect(finding(() => fuzzer.run(), 200_000)).toBeInstanceOf(Finding)
  })
})

describe('the conversation fuzzer', () => {
  it('finds nothing wrong in some conversations, and gets far in them', () => {
    const fuzzer = new ConversationFuzzer()
    for (let seed = 0; seed < 25; seed++) fuzzer.run(seed)
    expect(fuzzer.steps).toBe(25 * 60)
    expect(Object.entries(fuzzer.reached).filter(([, count]) => !(count > 15))).toEqual([])
  })

  it('finds a broker that keeps what it should forget, and the seed shows it again', () => {
    // Without its observer the sweep at the end takes back no retained message, as if the broker kept them in secret.
    const fuzzer = new ConversationFuzzer({ observers: [] })
    let seed = 0
    const { input } = finding(() => fuzzer.run(seed++), 400)
    expect(input).toContain(`conversation ${seed - 1}\n`)
    expect(finding(() => fuzzer.run(seed - 1), 1).input).toBe(input)
  })
})
