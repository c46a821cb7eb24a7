import { matches } from '@godwit/mqtt-topics'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AccessRule, AccessRules } from './access-rules.ts'
import { covers, overlaps } from './filter-relations.ts'

const level = fc.constantFrom('a', 'b', '')
const topicName = fc
  .array(level, { minLength: 1, maxLength: 4 })
  .chain((levels) => fc.constantFrom(levels.join('/'), ['$x', ...levels].join('/')))
const topicFilter = fc
  .tuple(
    fc.constantFrom('$x', 'a', 'b', '+', '#'),
    fc.array(fc.constantFrom('a', 'b', '', '+'), { maxLength: 3 }),
    fc.boolean(),
  )
  .map(([first, levels, open]) => (first === '#' ? '#' : [first, ...levels, ...(open ? ['#'] : [])].join('/')))

/** Every topic of up to four levels over the letters of the filters, and one letter that is in none. */
const TOPICS: readonly string[] = (() => {
  const letters = ['a', 'b', '', 'z']
  let longest = letters.concat('$x')
  const all = [...longest]
  for (let depth = 2; depth <= 5; depth++) {
    longest = longest.flatMap((prefix) => letters.map((letter) => `${prefix}/${letter}`))
    all.push(...longest)
  }
  return all
})()

describe('relations of Topic Filters', () => {
  it('one covers another exactly where it matches all that the other matches', () => {
    fc.assert(
      fc.property(topicFilter, topicFilter, (outer, inner) => {
        const all = TOPICS.every((topic) => !matches(inner, topic) || matches(outer, topic))
        expect(covers(outer, inner)).toBe(all)
      }),
      { numRuns: 300 },
    )
  })

  it('two overlap exactly where there is a topic that both match', () => {
    fc.assert(
      fc.property(topicFilter, topicFilter, (one, other) => {
        const any = TOPICS.some((topic) => matches(one, topic) && matches(other, topic))
        expect(overlaps(one, other)).toBe(any)
      }),
      { numRuns: 300 },
    )
  })
})

describe('the right to subscribe', () => {
  const rule = fc.record<AccessRule>({
    access: fc.constantFrom('read', 'write', 'readwrite', 'deny'),
    topicFilter,
  })
  const rules = fc.tuple(fc.array(rule, { maxLength: 4 }), fc.array(rule, { maxLength: 4 }))

  it('is refused only where nothing could be received', () => {
    fc.assert(
      fc.property(rules, topicFilter, ([anonymous, patterns], subscribed) => {
        const rights = new AccessRules({ anonymous, users: new Map(), patterns }).rightsOf({
          clientId: 'c',
          username: undefined,
        })
        if (rights.canSubscribe(subscribed)) return
        expect(TOPICS.filter((topic) => matches(subscribed, topic) && rights.canReceive(topic))).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('is for one topic the right to receive it', () => {
    fc.assert(
      fc.property(rules, topicName, ([anonymous, patterns], topic) => {
        const rights = new AccessRules({ anonymous, users: new Map(), patterns }).rightsOf({
          clientId: 'c',
          username: undefined,
        })
        expect(rights.canSubscribe(topic)).toBe(rights.canReceive(topic))
      }),
    )
  })
})
