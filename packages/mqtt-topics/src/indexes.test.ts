import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTopicRefusal, matches, RetainedIndex, SubscriptionIndex, type TopicEntry } from './index.ts'
import { topicFilters, topicNames } from './testing/index.ts'
import { encodeUtf8 } from './utf8.ts'

describe('SubscriptionIndex', () => {
  it('equals matches, under insertions, removals and look-ups in any order, with caches of any size', () => {
    const step = fc.record({
      what: fc.constantFrom('add', 'remove', 'match', 'bytes', 'guess'),
      filter: topicFilters(),
      value: fc.nat(3),
      name: topicNames(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, maximumEntries) => {
        const index = new SubscriptionIndex<number>({ maximumEntries })
        const model = new Map<string, Set<number>>()
        const seen = new Map<string, TopicEntry<readonly number[]>>()
        for (const { what, filter, value, name } of steps) {
          if (what === 'add') {
            index.add(filter, value)
            model.set(filter, (model.get(filter) ?? new Set()).add(value))
          } else if (what === 'remove') {
            expect(index.remove(filter, value)).toBe(model.get(filter)?.delete(value) ?? false)
          } else {
            const bytes = encodeUtf8(name)
            // The entry that this name had before, which may have been given up, or any other.
            const guess = what === 'guess' ? (seen.get(name) ?? [...seen.values()].at(-1)) : undefined
            const entry = what === 'match' ? index.entry(name) : index.entryOfBytes(bytes, 0, bytes.length, guess)
            if (isTopicRefusal(entry)) throw entry
            expect(entry.topicName).toBe(name)
            seen.set(name, entry)
            const expected = [...model].flatMap(([each, values]) => (matches(each, name) ? [...values] : []))
            expect([...entry.resolved].sort()).toEqual(expected.sort())
            expect(index.entries).toBeLessThanOrEqual(maximumEntries)
          }
        }
        expect(index.size).toBe([...model.values()].reduce((sum, values) => sum + values.size, 0))
      }),
      { numRuns: 500 },
    )
  })

  it('resolves a topic once until a filter that concerns it changes', () => {
    let resolved = 0
    const index = new SubscriptionIndex<string, number>({ resolve: () => ++resolved })
    index.add('site/a/+', 'x')
    index.match('site/a/temp')
    index.match('site/a/temp')
    index.add('site/b/+', 'y')
    index.match('site/a/temp')
    expect(resolved).toBe(1)
    index.add('site/a/#', 'z')
    index.match('site/a/temp')
    index.invalidate('site/a/#')
    index.match('site/a/temp')
    index.invalidateAll()
    index.match('site/a/temp')
    expect(resolved).toBe(4)
    index.add('site/a/humidity', 'exact, of another topic')
    index.match('site/a/temp')
    expect(resolved).toBe(4)
    index.add('site/a/temp', 'exact')
    index.match('site/a/temp')
    index.invalidate('site/a/temp')
    index.match('site/a/temp')
    expect(resolved).toBe(6)
  })

  it('keeps topics apart that share a hash: of 200,000 some do, and each has its own entry', () => {
    const index = new SubscriptionIndex<string>({ maximumEntries: 150_000, hashSeed: 7 })
    index.add('deep/+/+', 'all')
    for (let number = 0; number < 200_000; number++) {
      const topicName = `deep/${number}/x`
      const entry = index.entry(topicName)
      if (entry.topicName !== topicName || entry.resolved[0] !== 'all')
        throw new TypeError(`${topicName} has the entry of ${entry.topicName}`)
    }
    expect(index.entries).toBe(150_000)
    for (let number = 0; number < 200_000; number += 7)
      expect(index.entry(`deep/${number}/x`).topicName).toBe(`deep/${number}/x`)
  })

  it.each(['__proto__', 'constructor', 'toString', '0', '4294967295', '-1', 'length'])(
    'knows nothing of a topic %s before it is asked, remembers it, and forgets it',
    (topicName) => {
      const index = new SubscriptionIndex<string>({ maximumEntries: 1 })
      index.add(topicName, 'exact')
      index.add('#', 'all')
      const entry = index.entry(topicName)
      expect([entry.topicName, entry.resolved]).toEqual([topicName, ['exact', 'all']])
      expect(index.entry(topicName)).toBe(entry)
      expect(index.match('other')).toEqual(['all'])
      index.remove(topicName, 'exact')
      expect(index.entry(topicName)).not.toBe(entry)
      expect(index.match(topicName)).toEqual(['all'])
    },
  )

  it('I20: takes every level away that no filter needs, and says what was not there', () => {
    const index = new SubscriptionIndex<number>()
    for (const filter of ['a/+/c', 'a/+/c/#', '+/b', 'a/+']) index.add(filter, 1)
    index.add('a/+/c', 1)
    index.add('a', 1)
    index.add('a', 1)
    expect(index.size).toBe(5)
    for (const [filter, value] of [
      ['a/+/x', 1],
      ['x/#', 1],
      ['a/+/c', 2],
      ['a', 2],
      ['nothing', 1],
    ] as const) {
      expect(index.remove(filter, value)).toBe(false)
    }
    for (const filter of ['a/+/c', 'a/+/c/#', '+/b', 'a/+', 'a']) expect(index.remove(filter, 1)).toBe(true)
    expect([index.size, index.match('a/b/c'), index.match('a')]).toEqual([0, [], []])
  })

  it('is bounded in bytes, too, and never gives up the topic that was just asked for', () => {
    const index = new SubscriptionIndex<number>({ maximumEntryBytes: 1 })
    for (const name of ['a', 'b', 'c']) expect(index.entry(name).topicName).toBe(name)
    expect(index.entries).toBe(1)
  })

  it('hostile #26 #44: refuses bytes that are no Topic Name', () => {
    const index = new SubscriptionIndex<number>()
    const reason = (bytes: Uint8Array) => (index.entryOfBytes(bytes, 0, bytes.length) as { reason?: string }).reason
    for (const ill of [
      [0xed, 0xa0, 0x80],
      [0xc0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0x80],
      [0xe2, 0x82],
      [0xe0, 0x80, 0x80],
      [0xf0, 0x80, 0x80, 0x80],
    ]) {
      expect(reason(Uint8Array.from(ill))).toBe('ill-formed-utf8')
    }
    expect(reason(encodeUtf8('a/#'))).toBe('wildcard-in-name')
    expect(reason(encodeUtf8(''))).toBe('empty')
  })

  it('hostile #27: a byte order mark is part of a name', () => {
    const index = new SubscriptionIndex<number>()
    index.add('\uFEFFa', 1)
    expect(index.match('a')).toEqual([])
    expect(index.match('\uFEFFa')).toEqual([1])
  })
})

describe('RetainedIndex', () => {
  it('equals matches, taken in slices of any size', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(topicNames(), { maxLength: 20 }),
        topicFilters(),
        fc.integer({ min: 1, max: 5 }),
        (names, filter, slice) => {
          const index = new RetainedIndex<string>()
          for (const name of names) index.set(name, `value of ${name}`)
          const seen: string[] = []
          const cursor = index.match(filter)
          while (cursor.take(slice, (name, value) => seen.push(`${name}: ${value}`)));
          const expected = names.filter((name) => matches(filter, name)).map((name) => `${name}: value of ${name}`)
          expect(seen.sort()).toEqual(expected.sort())
        },
      ),
      { numRuns: 500 },
    )
  })

  it('visits what stays exactly once, whatever comes and goes meanwhile', () => {
    const change = fc.record({ name: topicNames(), set: fc.boolean() })
    fc.assert(
      fc.property(
        fc.uniqueArray(topicNames(), { maxLength: 12 }),
        fc.array(change, { maxLength: 12 }),
        (names, changes) => {
          const index = new RetainedIndex<number>()
          for (const name of names) index.set(name, 1)
          const seen: string[] = []
          const cursor = index.match('#')
          const touched = new Set(changes.map(({ name }) => name))
          for (const { name, set } of changes) {
            cursor.take(1, (each) => seen.push(each))
            if (set) index.set(name, 2)
            else index.delete(name)
          }
          while (cursor.take(3, (each) => seen.push(each)));
          for (const name of names) {
            if (!touched.has(name) && !name.startsWith('$'))
              expect(seen.filter((each) => each === name)).toEqual([name])
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('hostile #114: gives back every level when its topics are gone', () => {
    const index = new RetainedIndex<number>()
    index.set('a/b/c', 1)
    expect(index.set('a/b/c', 2)).toBe(1)
    index.set('a/b', 3)
    expect(index.delete('a/b/c')).toBe(2)
    expect(index.get('a/b')).toBe(3)
    expect(index.delete('a/b')).toBe(3)
    expect(index.delete('a/b')).toBeUndefined()
    expect(index.size).toBe(0)
  })
})
