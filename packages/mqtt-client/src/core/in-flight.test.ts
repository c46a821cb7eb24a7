import fc from 'fast-check'
import { expect, it } from 'vitest'
import { InFlight } from './in-flight.ts'

const packetId = fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 1, max: 40 }))
const change = fc.record({ packetId, isDelete: fc.boolean() })

it('C1 in flight is what a Map would say, in the order of a Map, for any identifiers', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
      const ring = new InFlight<number>()
      const map = new Map<number, number>()
      for (const [step, { packetId, isDelete }] of changes.entries()) {
        if (isDelete) {
          expect(ring.delete(packetId)).toBe(map.delete(packetId))
        } else {
          // Set anew it comes last.
          map.delete(packetId)
          map.set(packetId, step)
          ring.set(packetId, step)
        }
        expect(ring.has(packetId)).toBe(map.has(packetId))
        expect(ring.get(packetId)).toBe(map.get(packetId))
      }
      expect(ring.size).toBe(map.size)
      expect([...ring]).toEqual([...map])
      expect(ring.values()).toEqual([...map.values()])
      ring.clear()
      expect([ring.size, ...ring]).toEqual([0])
    }),
  )
})

it('C1 all 65,535 identifiers may be in flight', () => {
  const ring = new InFlight<number>()
  for (let packetId = 65_535; packetId > 0; packetId--) ring.set(packetId, -packetId)
  expect(ring.size).toBe(65_535)
  expect([...ring].slice(-2)).toEqual([
    [2, -2],
    [1, -1],
  ])
})
