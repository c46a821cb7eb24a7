import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  isShared,
  isTopicFilter,
  isTopicName,
  isTopicRefusal,
  matches,
  parametersOf,
  parseSharedSubscription,
  parseTopicFilter,
  parseTopicName,
  type TopicParameters,
  wireFilter,
} from './index.ts'

describe('Topic Names and Topic Filters', () => {
  it.each([
    ['a/#', 'a', true, '§4.7.1.2'],
    ['a/#', 'a/b/c', true, '§4.7.1.2'],
    ['a/+', 'a/b', true, '§4.7.1.3'],
    ['a/+', 'a', false, '§4.7.1.3'],
    ['+', '/a', false, '§4.7.1.3'],
    ['/+', '/a', true, '§4.7.1.3'],
    ['#', '$SYS/x', false, '[MQTT-4.7.2-1 v3.1.1 v5.0]'],
    ['+/x', '$SYS/x', false, '[MQTT-4.7.2-1 v3.1.1 v5.0]'],
    ['$SYS/#', '$SYS/x', true, '[MQTT-4.7.2-1 v3.1.1 v5.0]'],
    ['A', 'a', false, '[MQTT-4.7.3-4 v3.1.1 v5.0]'],
  ])('%s against %s: %s %s', (filter, name, expected) => {
    expect(matches(filter, name)).toBe(expected)
  })

  it.each([
    ['', 'empty', 0],
    ['a/#', 'wildcard-in-name', 2],
    ['a\u0000', 'null-character', 1],
    ['x'.repeat(65_536), 'too-long', 65_535],
    ['/'.repeat(201), 'too-many-levels', 200],
  ])(
    '[MQTT-4.7.3-1 v3.1.1 v5.0] [MQTT-4.7.3-2 v3.1.1 v5.0] [MQTT-4.7.3-3 v3.1.1 v5.0] refuses a Topic Name: %#',
    (text, reason, at) => {
      expect(parseTopicName(text)).toEqual({ refused: true, reason, at })
    },
  )

  it.each([
    ['a#', 'wildcard-not-alone', 1],
    ['+a/b', 'wildcard-not-alone', 0],
    ['a/+b', 'wildcard-not-alone', 2],
    ['a/#b', 'wildcard-not-alone', 2],
    ['#/', 'multi-level-not-last', 0],
    ['a/b+', 'wildcard-not-alone', 3],
    ['a/#/b', 'multi-level-not-last', 2],
    ['', 'empty', 0],
  ])('hostile #61: refuses the filter %s', (text, reason, at) => {
    expect(parseTopicFilter(text)).toEqual({ refused: true, reason, at })
  })

  it.each([
    '+',
    '#',
    '/',
    '+/a',
    'a/+',
    'a/+/b',
    '+/+',
    '/#',
    'a/+/#',
    '+/#',
    'a b',
    '$SYS/#',
    '$shared/a',
    'aa/bb/cc',
  ])('takes the filter %s', (text) => {
    expect(parseTopicFilter(text)).toBe(text)
    expect(isTopicFilter(text)).toBe(true)
  })

  it.each([
    ['$share/group/a', true],
    ['$share/g/a/+/#', true],
    ['$share/g//', true],
    ['$share/+/a', false],
    ['$share/#/a', false],
    ['$share/g', false],
    ['$share/g/', false],
    ['$share//a', false],
    ['$share', false],
    ['$share/g/+a', false],
    ['a/#/b', false],
    ['a\u0000', false],
    ['', false],
  ])('says of %j whether it may be subscribed to: %s', (text, expected) => {
    expect(isTopicFilter(text)).toBe(expected)
  })

  it('a refusal is told from everything else', () => {
    const refused = parseTopicName('')
    expect(isTopicRefusal(refused)).toBe(true)
    for (const other of [
      null,
      undefined,
      '',
      'a',
      1,
      {},
      { refused: false },
      Object.assign(() => {}, { refused: true }),
    ])
      expect(isTopicRefusal(other)).toBe(false)
  })

  it('hostile #62: 200 separators are taken', () => {
    expect(parseTopicName('/'.repeat(200))).toBe('/'.repeat(200))
  })

  it.each([
    ['$share/g', 'share-filter-missing', 8],
    ['$share', 'share-name-empty', 6],
    ['$share//x', 'share-name-empty', 7],
    ['$share/g+/x', 'share-name-wildcard', 8],
    ['$share/g/', 'share-filter-missing', 9],
    ['$share/g/a#', 'wildcard-not-alone', 10],
    ['$share/g\u0000/a', 'null-character', 8],
  ])('hostile #65 [MQTT-4.8.2-1] [MQTT-4.8.2-2]: refuses %j', (text, reason, at) => {
    expect(isShared(text)).toBe(true)
    expect(parseSharedSubscription(text)).toEqual({ refused: true, reason, at })
  })

  it('says whether a text is a Topic Name, and counts bytes as UTF-8 does', () => {
    expect([isTopicName('a/b'), isTopicName('a/+'), isTopicName('')]).toEqual([true, false, false])
    const isShort = (text: string, maximumBytes: number) => !isTopicRefusal(parseTopicName(text, { maximumBytes }))
    for (const [text, bytes] of [
      ['\u007f', 1],
      ['\u0080', 2],
      ['é', 2],
      ['\u07ff', 2],
      ['\u0800', 3],
      ['€', 3],
      ['😀', 4],
    ] as const) {
      expect([isShort(text, bytes), isShort(text, bytes - 1)]).toEqual([true, false])
    }
  })

  it('[MQTT-4.7.1-1 v3.1.1 v5.0] [MQTT-4.7.1-2 v3.1.1 v5.0] [MQTT-4.8.2-1] isTopicName and isTopicFilter say yes where parsing does', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc
        .array(fc.constantFrom('$share', '/', '+', '#', 'a', '$', '\u0000', '\n'), { maxLength: 8 })
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (candidate) => {
        const parsed = isShared(candidate) ? parseSharedSubscription(candidate) : parseTopicFilter(candidate)
        expect(isTopicFilter(candidate)).toBe(!isTopicRefusal(parsed))
        expect(isTopicName(candidate)).toBe(!isTopicRefusal(parseTopicName(candidate)))
      }),
      { numRuns: 2_000 },
    )
  })

  it('takes a Shared Subscription apart', () => {
    expect(parseSharedSubscription('$share/g/a/#')).toEqual({ shareName: 'g', topicFilter: 'a/#' })
    expect(isShared('$shared/g/a')).toBe(false)
  })
})

describe('named parameters', () => {
  it('subscribe to the plain filter and are read from the name', () => {
    expect(wireFilter('site/+id/temp')).toBe('site/+/temp')
    expect(wireFilter('a/#rest')).toBe('a/#')
    expect({ ...parametersOf('site/+id/#rest', 'site/7/a/b') }).toEqual({ id: '7', rest: 'a/b' })
    expect({ ...parametersOf('+/+id', 'a') }).toEqual({ id: '' })
  })

  it('hostile #100: a parameter may have any name', () => {
    expect(parametersOf('+__proto__', 'x')['__proto__']).toBe('x')
  })

  it('are typed', () => {
    expectTypeOf<TopicParameters<'site/+id/temp'>>().toEqualTypeOf<{ readonly id: string }>()
    expectTypeOf<keyof TopicParameters<'a/+/#rest'>>().toEqualTypeOf<'rest'>()
  })
})
