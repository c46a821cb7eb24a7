import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IncomingTopicAliases, OutgoingTopicAliases } from './topic-aliases.ts'

describe('IncomingTopicAliases', () => {
  it('[MQTT-3.3.2-10] [MQTT-3.3.2-12] takes every alias from 1 to the maximum, [MQTT-3.3.2-8] hostile #45 no other', () => {
    const aliases = new IncomingTopicAliases(2)
    expect([aliases.set(1, 'a'), aliases.set(2, 'b'), aliases.set(0, 'c'), aliases.set(3, 'd')]).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect([aliases.topic(1), aliases.topic(2), aliases.topic(0), aliases.topic(3)]).toEqual([
      'a',
      'b',
      undefined,
      undefined,
    ])
  })

  it('hostile #47 an alias may be set again', () => {
    const aliases = new IncomingTopicAliases<number>(1)
    for (let round = 0; round <= 100_000; round += 1) aliases.set(1, round)
    expect(aliases.topic(1)).toBe(100_000)
  })

  it('[MQTT-3.3.2-7] hostile #46 forgets all with the connection, knows none before the first', () => {
    const aliases = new IncomingTopicAliases(65_535)
    expect(aliases.topic(1)).toBeUndefined()
    aliases.set(65_535, 'a')
    aliases.clear()
    expect(aliases.topic(65_535)).toBeUndefined()
  })
})

describe('OutgoingTopicAliases', () => {
  it('a forgotten Topic Name keeps the alias that it got since, when the alias that it had goes to another', () => {
    const aliases = new OutgoingTopicAliases(2)
    expect(aliases.assign('a')).toEqual({ alias: 1, isNew: true })
    aliases.forget('a')
    expect(aliases.assign('a')).toEqual({ alias: 2, isNew: true })
    expect(aliases.assign('b')).toEqual({ alias: 1, isNew: true })
    expect(aliases.assign('a')).toEqual({ alias: 2, isNew: false })
  })

  it('gives the least recently used alias to a new Topic Name', () => {
    const aliases = new OutgoingTopicAliases(2)
    expect(aliases.assign('a')).toEqual({ alias: 1, isNew: true })
    expect(aliases.assign('b')).toEqual({ alias: 2, isNew: true })
    expect(aliases.assign('a')).toEqual({ alias: 1, isNew: false })
    expect(aliases.assign('c')).toEqual({ alias: 2, isNew: true })
    expect(aliases.assign('b')).toEqual({ alias: 1, isNew: true })
    expect(aliases.assign('c')).toEqual({ alias: 2, isNew: false })
  })

  it('[MQTT-3.1.2-27] gives none where the peer takes none', () => {
    expect(new OutgoingTopicAliases(0).assign('a')).toBeUndefined()
  })

  it('[MQTT-3.3.2-7] forgets all with the connection', () => {
    const aliases = new OutgoingTopicAliases(1)
    aliases.clear()
    aliases.assign('a')
    aliases.clear()
    expect(aliases.assign('a')).toEqual({ alias: 1, isNew: true })
  })

  it('a Topic Name whose PUBLISH was not sent is new again', () => {
    const aliases = new OutgoingTopicAliases(3)
    aliases.forget('a')
    aliases.assign('a')
    aliases.forget('unknown')
    aliases.forget('a')
    expect(aliases.assign('a')).toEqual({ alias: 2, isNew: true })
  })

  it('hostile names such as __proto__ are plain strings', () => {
    const aliases = new OutgoingTopicAliases(3)
    expect(['__proto__', 'constructor', '__proto__'].map((name) => aliases.assign(name))).toEqual([
      { alias: 1, isNew: true },
      { alias: 2, isNew: true },
      { alias: 1, isNew: false },
    ])
  })

  it('[MQTT-3.3.2-9] [MQTT-3.3.2-11] the peer always knows the topic, no alias above the maximum, least recently used goes first', () => {
    const step = fc.tuple(
      fc.constantFrom('assign', 'assign', 'assign', 'known', 'forget'),
      fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    )
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), (maximum, steps) => {
        const outgoing = new OutgoingTopicAliases(maximum)
        const incoming = new IncomingTopicAliases(maximum)
        /** Names in order of use, the one used longest ago first. */
        let naive: string[] = []
        for (const [kind, name] of steps) {
          const known = naive.includes(name)
          naive = naive.filter((other) => other !== name)
          if (kind === 'forget') {
            outgoing.forget(name)
            continue
          }
          if (kind === 'known') {
            const alias = outgoing.known(name)
            expect(alias === 0 ? undefined : incoming.topic(alias)).toBe(known ? name : undefined)
            if (known) naive.push(name)
            continue
          }
          const assignment = outgoing.assign(name)
          if (assignment === undefined) throw new TypeError('no alias')
          expect(assignment.isNew).toBe(!known)
          if (assignment.isNew) expect(incoming.set(assignment.alias, name)).toBe(true)
          expect(incoming.topic(assignment.alias)).toBe(name)
          naive = [...naive, name].slice(-maximum)
        }
      }),
      { numRuns: 500 },
    )
  })
})
