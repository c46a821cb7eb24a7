import { describe, expect, it } from 'vitest'
import { placesByKey, REASONS, rowOf, rowsOf } from './coverage.mjs'
import { mutations, sample } from './mutations.mjs'
import { read, testFiles } from './repository.mjs'
import { keysIn, parseStatements, STATEMENTS } from './statements.mjs'
import { titlesIn } from './titles.mjs'

const places = placesByKey()
const keys = new Set(STATEMENTS.map(({ key }) => key))

describe('the list of statements', () => {
  it('has all 392, each under a name of its own', () => {
    expect(STATEMENTS).toHaveLength(392)
    expect(keys.size).toBe(392)
    for (const { id, version, binds, paraphrase } of STATEMENTS) {
      expect(id).toMatch(/^MQTT-\d+(\.\d+)+-\d+$/)
      expect(['3.1.1', '5.0']).toContain(version)
      expect(['client', 'server', 'both']).toContain(binds)
      expect(paraphrase).not.toBe('')
    }
  })

  it('adds the version where both have the number', () => {
    const table =
      'id\tversion\tbinds\tparaphrase\nMQTT-1-1\t3.1.1\tboth\ta\nMQTT-1-1\t5.0\tboth\tb\nMQTT-1-2\t5.0\tboth\tc\n'
    expect(parseStatements(table).map(({ key }) => key)).toEqual(['MQTT-1-1 v3.1.1', 'MQTT-1-1 v5.0', 'MQTT-1-2'])
  })

  it('reads what a title names', () => {
    expect(keysIn('[MQTT-4.3.3-10] a [MQTT-1.2-3 v5.0]: b [MQTT-3.3.1-1 v3.1.1 v5.0] [MQTT-3.1.4] MQTT-1.1-1')).toEqual(
      ['MQTT-4.3.3-10', 'MQTT-1.2-3 v5.0', 'MQTT-3.3.1-1 v3.1.1', 'MQTT-3.3.1-1 v5.0'],
    )
  })
})

describe('titles', () => {
  it('name only statements that exist, with the version exactly where both versions have the number', () => {
    const unknown = testFiles()
      .filter((file) => !file.startsWith('tooling/spec/'))
      .flatMap((file) =>
        titlesIn(file, read(file)).flatMap(({ text, line }) =>
          keysIn(text)
            .filter((key) => !keys.has(key))
            .map((key) => `${file}:${line} ${key}`),
        ),
      )
    expect(unknown).toEqual([])
  })

  it('speak for whoever runs the code that they drive', () => {
    const statement = { key: 'k', id: 'k', version: '5.0', binds: 'both', paraphrase: 'p' } as const
    const missing = (...files: string[]) =>
      rowOf(
        statement,
        files.map((file) => ({ file, line: 1 })),
      ).missing
    expect(missing()).toEqual(['server', 'client'])
    expect(missing('packages/mqtt-broker/src/a.test.ts')).toEqual(['client'])
    expect(missing('packages/mqtt-client/src/a.test.ts')).toEqual(['server'])
    expect(missing('packages/mqtt-codec/src/a.test.ts')).toEqual([])
    expect(missing('packages/mqtt-client/src/a.test.ts', 'apps/broker/src/a.test.ts')).toEqual([])
  })
})

describe('reasons', () => {
  it('are one sentence each, about statements that exist and that no test names', () => {
    for (const [key, reason] of Object.entries(REASONS)) {
      expect(keys).toContain(key)
      expect([key, places.get(key)]).toEqual([key, undefined])
      expect(reason).toMatch(/^[A-Z].{30,}[^.]\.$/)
      expect(reason).not.toMatch(/\. [A-Z]/)
    }
  })
})

describe('mutations', () => {
  const all = mutations()

  it('change a text that stands in its file once', () => {
    for (const { file, replace, with: replacement } of all) {
      expect([file, replace, read(file).split(replace).length - 1]).toEqual([file, replace, 1])
      expect(replacement).not.toBe(replace)
    }
  })

  it('name a test file in which a title names the statement', () => {
    for (const { statements, test } of all) {
      for (const key of statements) {
        expect(keys).toContain(key)
        expect(places.get(key)?.map(({ file }) => file)).toContain(test)
      }
    }
  })

  it('are there for every statement that is tested', () => {
    const mutated = new Set(all.flatMap(({ statements }) => statements))
    const without = rowsOf(places).filter(({ statement, places }) => places.length > 0 && !mutated.has(statement.key))
    expect(without.map(({ statement }) => statement.key)).toEqual([])
  })

  it('are sampled by seed, none twice', () => {
    const numbers = Array.from({ length: 100 }, (_, place) => place)
    expect(sample(numbers, 40, 7)).toEqual(sample(numbers, 40, 7))
    expect(sample(numbers, 40, 7)).not.toEqual(sample(numbers, 40, 8))
    expect(new Set(sample(numbers, 40, 7)).size).toBe(40)
    expect(sample(numbers, Infinity, 7).toSorted((a, b) => a - b)).toEqual(numbers)
  })
})
