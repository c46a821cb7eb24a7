import * as fc from 'fast-check'

const level = fc.constantFrom('a', 'b', '', 'long-level', '$x', 'ü', '__proto__')

/** Topic Names from a small alphabet, so that filters match them. */
export const topicNames = (): fc.Arbitrary<string> =>
  fc
    .array(level, { minLength: 1, maxLength: 4 })
    .map((levels) => levels.join('/'))
    .filter((topicName) => topicName !== '')

/** Topic Filters from the same alphabet, with wildcards where they may stand. */
export const topicFilters = (): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 4 }), fc.boolean())
    .map(([levels, below]) => [...levels, ...(below ? ['#'] : [])].join('/'))
    .filter((topicFilter) => topicFilter !== '')
