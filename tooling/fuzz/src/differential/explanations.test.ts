import { encode, type Packet, type ProtocolVersion } from '@godwit/mqtt-codec'
import { describe, expect, it } from 'vitest'
import { bytesOfHex } from '../finding.ts'
import { explain, EXPLANATIONS } from './explanations.ts'
import type { Difference } from './play.ts'
import type { Step } from './script.ts'

const step = (place: number, packet: Packet, version: ProtocolVersion = 5): Step => ({
  place,
  version,
  act: packet.type === 'connect' ? 'connect' : 'send',
  bytes: encode(packet, version).slice(),
  packet,
})

const changed = (place: number, hex: string, version: ProtocolVersion = 5): Step => ({
  place,
  version,
  act: 'send',
  bytes: bytesOfHex(hex),
  packet: undefined,
})

const connect = (
  place: number,
  options: { clientId?: string; clean?: boolean; expiry?: number; will?: boolean } = {},
): Step =>
  step(place, {
    type: 'connect',
    protocolVersion: 5,
    clientId: options.clientId ?? 'one',
    cleanStart: options.clean ?? false,
    keepAliveSeconds: 0,
    ...(options.will === true && {
      will: { topicName: 'a', payload: Uint8Array.of(1), qos: 0 as const, retain: false },
    }),
    properties: { sessionExpiryIntervalSeconds: options.expiry ?? 0 },
  })

const subscribe = (place: number, options: { noLocal?: boolean; retainAsPublished?: boolean } = {}): Step =>
  step(place, {
    type: 'subscribe',
    packetId: 1,
    subscriptions: [
      { topicFilter: 'a', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0, ...options },
    ],
  })

const publish = (place: number): Step =>
  step(place, { type: 'publish', topicName: 'a', payload: new Uint8Array(3), qos: 0, dup: false, retain: false })

const WILL = 'publish a qos 0 1 bytes'
const MESSAGE = 'publish a qos 0 3 bytes'

/** What differs at a place behind some steps. */
const difference = (
  steps: readonly Step[],
  place: number,
  ours: readonly string[],
  theirs: readonly string[],
  acted = { ours, theirs },
): Difference => ({ step: steps.at(-1)!, place, ours, theirs, acted, steps })

/** Each with what it explains, and with what looks like it and is something else. */
const CASES: Readonly<Record<string, { readonly yes: readonly Difference[]; readonly no: readonly Difference[] }>> = {
  'A takeover is told': {
    yes: [difference([connect(0), connect(1)], 0, ['disconnect 8e', 'closed'], ['closed'])],
    no: [
      difference([connect(0), connect(1)], 0, ['disconnect 8e', 'closed'], []),
      difference([connect(0), connect(1)], 0, ['disconnect 8e', 'closed', MESSAGE], ['closed']),
      difference([connect(0), publish(0)], 0, ['disconnect 8e', 'closed'], ['closed']),
    ],
  },
  'Nobody has subscribed': {
    yes: [difference([connect(0), publish(0)], 0, ['puback 2 10'], ['puback 2 00'])],
    no: [
      difference([connect(0), publish(0)], 0, ['puback 2 10'], []),
      difference([connect(0), publish(0)], 0, ['puback 2 87'], ['puback 2 00']),
      difference([connect(0), publish(0)], 0, ['puback 3 10'], ['puback 2 00']),
    ],
  },
  'Why the connection is closed': {
    yes: [difference([connect(0), changed(0, 'f000')], 0, ['disconnect 81', 'closed'], ['disconnect 82', 'closed'])],
    no: [
      difference([connect(0), publish(0)], 0, ['disconnect 81', 'closed'], ['closed']),
      difference([connect(0), changed(0, 'f000')], 0, ['disconnect 81', 'closed'], []),
    ],
  },
  'Rules that are not checked': {
    // A PUBREL whose flags are wrong.
    yes: [difference([connect(0), changed(0, '60020001')], 0, ['disconnect 81', 'closed'], ['pubcomp 1 00'])],
    no: [
      difference([connect(0), changed(0, '60020001')], 0, ['pubcomp 1 00'], ['disconnect 81', 'closed']),
      difference([connect(0), changed(0, '62020001')], 0, ['disconnect 81', 'closed'], ['pubcomp 1 00']),
    ],
  },
  'Packets that only Servers send': {
    yes: [difference([connect(0), changed(0, '9003000100', 4)], 0, ['closed'], [])],
    no: [difference([connect(0), changed(0, '9003000100', 4)], 0, [], ['closed'])],
  },
  'Control characters in a User Property': {
    yes: [difference([connect(0), changed(0, '300b000161072600016b00011c')], 0, [], ['closed'])],
    no: [
      difference([connect(0), changed(0, '300b000161072600016b000141')], 0, [], ['closed']),
      difference([connect(0), changed(0, '300b000161072600016b00011c')], 0, ['closed'], []),
    ],
  },
  'The Will of a connection whose Session is taken over': {
    yes: [difference([connect(0, { will: true, expiry: 60 }), connect(1)], 1, [WILL], [])],
    no: [
      difference([connect(0, { will: true, expiry: 60 }), connect(1)], 1, [], [WILL]),
      difference([connect(0, { will: true, expiry: 60 }), connect(1)], 1, [MESSAGE], []),
      difference([connect(0, { will: true, expiry: 60 }), connect(1)], 1, [WILL, MESSAGE], []),
      difference([connect(0, { will: true, expiry: 60 }), connect(1, { clean: true })], 1, [WILL], []),
      difference([connect(0, { expiry: 60 }), connect(1)], 1, [WILL], []),
    ],
  },
  'The Will of a connection whose Session ends with it': {
    yes: [difference([connect(0, { will: true }), connect(1)], 0, ['closed'], ['closed', WILL])],
    no: [
      difference([connect(0, { will: true }), connect(1)], 1, [], [WILL]),
      difference([connect(0, { will: true, expiry: 60 }), connect(1)], 0, ['closed'], ['closed', WILL]),
      difference([connect(0), connect(1)], 0, ['closed'], ['closed', WILL]),
    ],
  },
  'The Session behind a second CONNECT': {
    yes: [
      difference(
        [connect(0, { expiry: 60 }), changed(0, '1000'), connect(0)],
        0,
        ['connack 00 session present', MESSAGE],
        ['connack 00'],
      ),
    ],
    no: [
      difference([connect(0, { expiry: 60 }), connect(0)], 0, ['connack 00 session present'], ['connack 00']),
      difference(
        [connect(0, { expiry: 60 }), changed(0, '1000'), connect(0)],
        0,
        ['connack 00'],
        ['connack 00 session present'],
      ),
      difference(
        [connect(0, { expiry: 60 }), connect(1, { clientId: 'two' }), changed(1, '1000'), connect(0)],
        0,
        ['connack 00 session present'],
        ['connack 00'],
      ),
      difference(
        [connect(0, { expiry: 60 }), changed(0, '1000'), connect(0, { clean: true })],
        0,
        ['connack 00 session present'],
        ['connack 00'],
      ),
    ],
  },
  'The Will behind a second CONNECT': {
    yes: [difference([connect(0, { will: true }), connect(1, { clientId: 'two' }), changed(0, '1000')], 1, [WILL], [])],
    no: [
      difference([connect(0), connect(1, { clientId: 'two' }), changed(0, '1000')], 1, [WILL], []),
      difference([connect(0, { will: true }), connect(1, { clientId: 'two' }), changed(0, 'e000')], 1, [WILL], []),
      difference([connect(0, { will: true }), connect(1, { clientId: 'two' }), changed(0, '1000')], 1, [], [WILL]),
    ],
  },
  'Options of a Subscription that is replaced': {
    yes: [
      difference([connect(0), subscribe(0), subscribe(0, { noLocal: true }), publish(0)], 0, [], [MESSAGE]),
      difference(
        [connect(0), subscribe(0), subscribe(0, { retainAsPublished: true }), publish(1)],
        0,
        ['publish a qos 0 retain 3 bytes'],
        [MESSAGE],
      ),
    ],
    no: [
      difference([connect(0), subscribe(0), subscribe(0), publish(0)], 0, [], [MESSAGE]),
      difference([connect(0), subscribe(0), subscribe(0, { noLocal: true }), publish(1)], 0, [], [MESSAGE]),
      difference([connect(0), subscribe(0), subscribe(0, { retainAsPublished: true }), publish(1)], 0, [], [MESSAGE]),
      difference(
        [connect(0), subscribe(0), connect(0, { clean: true }), subscribe(0, { noLocal: true }), publish(0)],
        0,
        [],
        [MESSAGE],
      ),
    ],
  },
  'The first filters of a malformed SUBSCRIBE': {
    // Behind `a` stands a length for which there are no bytes.
    yes: [difference([connect(0), changed(0, '820a0001000001610000ff61'), publish(1)], 0, [], [MESSAGE])],
    no: [
      difference([connect(0), changed(0, '820a0001000001620000ff61'), publish(1)], 0, [], [MESSAGE]),
      difference([connect(0), changed(0, '820a0001000001610000ff61'), publish(1)], 0, [MESSAGE], []),
      difference([connect(0), changed(0, '820a0001000001610000ff61'), publish(1)], 0, ['closed'], [MESSAGE]),
      difference([connect(0), changed(0, '8207000100000161ff'), publish(0)], 0, [], ['puback 2 00']),
    ],
  },
}

describe('the explanations of differences', () => {
  it('have a case each', () => {
    expect(Object.keys(CASES)).toEqual(EXPLANATIONS.map(({ name }) => name))
  })

  it.each(Object.entries(CASES))('"%s" explains what it says', (name, { yes }) => {
    expect(yes.map((each) => explain(each)?.name)).toEqual(yes.map(() => name))
  })

  it.each(Object.entries(CASES))('"%s" explains nothing else, and no other does either', (_name, { no }) => {
    expect(no.map((each) => explain(each)?.name)).toEqual(no.map(() => undefined))
  })

  it.each(EXPLANATIONS.map((each) => [each.name, each] as const))(
    '"%s" does not hide an answer that only one of them gives in the same step',
    (name, { explains }) => {
      const [given] = CASES[name]!.yes
      const closesInTheirs = given!.acted.theirs.includes('closed') && !given!.acted.ours.includes('closed')
      const more = closesInTheirs ? 'theirs' : 'ours'
      expect(explains({ ...given!, [more]: [...given![more], 'suback 9 02'] })).toBe(false)
    },
  )
})
