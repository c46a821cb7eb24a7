import fc from 'fast-check'
import { expect, it } from 'vitest'
import { shareOf, WideMap } from './wide-map.ts'

/** With a first Map of a few keys, so that small examples spread. */
class Narrow<Value> extends WideMap<Value> {
  readonly #width: number

  constructor(width: number) {
    super()
    this.#width = width
  }

  protected override get width(): number {
    return this.#width
  }
}

const key = fc.constantFrom('', 'a', 'b', 'c', 'd', 'e', 'f', 'ü', '__proto__')

it('equals a Map, under keys that come, change places and go, whatever fits into the first', () => {
  const step = fc.record({ what: fc.constantFrom('add', 'delete'), key, value: fc.nat() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(4), (steps, width) => {
      const map = new Narrow<number>(width)
      const model = new Map<string, number>()
      for (const { what, key: name, value } of steps) {
        if (what === 'delete') {
          map.delete(name)
          model.delete(name)
        } else {
          if (model.has(name)) map.set(name, value)
          else map.add(name, value)
          model.set(name, value)
        }
        expect(map.size).toBe(model.size)
        expect(map.get(name)).toBe(model.get(name))
      }
      expect(entriesOf(map).sort()).toEqual([...model].sort())
    }),
  )
})

it('what stays while its entries are walked comes exactly once, whatever comes and goes meanwhile', () => {
  const change = fc.record({ before: fc.nat(12), what: fc.constantFrom('add', 'delete'), key })
  fc.assert(
    fc.property(fc.uniqueArray(key), fc.array(change), fc.nat(4), (keys, changes, width) => {
      const map = new Narrow<number>(width)
      const stays = new Set<string>(keys)
      for (const name of keys) map.add(name, 1)
      const entries = map.entries()
      const walked: string[] = []
      for (let at = 0; ; at++) {
        for (const { before, what, key: name } of changes) {
          if (before !== at) continue
          stays.delete(name)
          if (what === 'delete') map.delete(name)
          else if (map.get(name) === undefined) map.add(name, 2)
        }
        const step = entries.next()
        if (step.done === true) break
        walked.push(step.value[0])
      }
      expect(walked.filter((name) => stays.has(name)).sort()).toEqual([...stays].sort())
    }),
  )
})

it('keys that differ in a number only are spread over Maps that double one after the other', () => {
  const counts = new Map<number, number>()
  const keys = 200_000
  for (let number = 0; number < keys; number++) {
    const share = shareOf(`room/${number}/temperature`)
    counts.set(share, (counts.get(share) ?? 0) + 1)
  }
  expect(counts.size).toBe(256)
  const groupOf = (group: number) => {
    let sum = 0
    for (let share = group * 16; share < group * 16 + 16; share++) sum += counts.get(share)!
    return sum
  }
  // Sixteen shares beside each other hold what their place says, within a twentieth.
  for (let group = 0; group < 16; group++) {
    const expected = keys * (2 ** ((group + 1) / 16) - 2 ** (group / 16))
    expect(Math.abs(groupOf(group) / expected - 1)).toBeLessThan(0.05)
  }
})

const entriesOf = <Value>(map: WideMap<Value>): [string, Value][] => {
  const entries = map.entries()
  const found: [string, Value][] = []
  for (let step = entries.next(); step.done !== true; step = entries.next()) found.push(step.value)
  return found
}
