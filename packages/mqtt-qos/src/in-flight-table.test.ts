import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COUNTED, InFlightTable, OWED, PACKET_ID_MASK, SENT, STATE_MASK, STATE_SHIFT } from './in-flight-table.ts'

// Ranges and leaps, so that entries collide, wrap around the end and move back.
const packetId = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.integer({ min: 0, max: 40 }).map((at) => 7 + at * 256),
  fc.integer({ min: 65_500, max: 65_535 }),
)

describe('InFlightTable', () => {
  it('equals a Map, whatever comes and goes', () => {
    const step = fc.tuple(fc.constantFrom('insert', 'insert', 'remove', 'state', 'flag'), packetId)
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const table = new InFlightTable()
        const naive = new Map<number, { state: number; flags: number; order: number }>()
        for (const [index, [kind, id]] of steps.entries()) {
          const slot = table.find(id)
          const entry = naive.get(id)
          expect(slot >= 0).toBe(entry !== undefined)
          if (kind === 'insert' && entry === undefined) {
            table.insert(id, index % 5, index % 2 === 0 ? SENT : COUNTED, index)
            naive.set(id, { state: index % 5, flags: index % 2 === 0 ? SENT : COUNTED, order: index })
          }
          if (entry === undefined) continue
          if (kind === 'remove') {
            table.remove(slot)
            naive.delete(id)
          }
          if (kind === 'state') {
            table.words[slot] = (table.words[slot]! & ~STATE_MASK) | (((index + 1) % 5) << STATE_SHIFT)
            table.orders[slot] = index
            Object.assign(entry, { state: (index + 1) % 5, order: index })
          }
          if (kind === 'flag') {
            table.words[slot] = (table.words[slot]! | OWED) & ~SENT
            entry.flags = (entry.flags | OWED) & ~SENT
          }
        }
        const expected = [...naive].sort(([, a], [, b]) => a.order - b.order)
        expect(table.size).toBe(expected.length)
        expect(table.slots().map((slot) => read(table, slot))).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })

  it('equals a Map where every identifier has the same home', () => {
    // The last home of tables of up to 32 slots, so that they also wrap around the end; they spread as the table grows.
    const colliding = Array.from({ length: 65_535 }, (_, index) => index + 1)
      .filter((id) => Math.imul(id, 0x9e37_79b1) >>> 27 === 31)
      .slice(0, 40)
    const table = new InFlightTable()
    for (const id of colliding) table.insert(id, 1, SENT, id)
    for (const removed of colliding) {
      table.remove(table.find(removed))
      for (const id of colliding) expect(table.find(id) >= 0).toBe(id > removed)
    }
  })

  it('holds all 65,535 identifiers and lets the memory go with the last of many', () => {
    const table = new InFlightTable()
    for (let id = 1; id <= 65_535; id += 1) table.insert(id, 1, 0, id)
    expect(table.size).toBe(65_535)
    expect(table.slots().length).toBe(65_535)
    for (let id = 65_535; id >= 1; id -= 1) table.remove(table.find(id))
    expect(table.size).toBe(0)
    expect(table.find(1)).toBe(-1)
    table.insert(9, 2, SENT, 1)
    expect(read(table, table.find(9))).toEqual([9, { state: 2, flags: SENT, order: 1 }])
  })

  it.each([
    [126, 256],
    [128, 2],
  ])('the memory of %i in flight leaves %i slots behind, when all are done', (count, slots) => {
    const table = new InFlightTable()
    for (let id = 1; id <= count; id += 1) table.insert(id, 1, 0, id)
    for (let id = 1; id <= count; id += 1) table.remove(table.find(id))
    expect([table.words.length, table.orders.length, table.size]).toEqual([slots, slots, 0])
  })
})

function read(table: InFlightTable, slot: number): [number, { state: number; flags: number; order: number }] {
  const word = table.words[slot]!
  const flags = word & (SENT | COUNTED | OWED)
  return [word & PACKET_ID_MASK, { state: (word & STATE_MASK) >> STATE_SHIFT, flags, order: table.orders[slot]! }]
}
