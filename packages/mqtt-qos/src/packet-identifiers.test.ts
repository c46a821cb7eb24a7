import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PacketIdentifierSet } from './packet-identifier-set.ts'
import { PacketIdentifiers } from './packet-identifiers.ts'
import { QosError } from './qos-error.ts'

const packetId = fc.oneof(
  fc.integer({ min: 1, max: 70 }),
  fc.integer({ min: 1, max: 65_535 }),
  fc.constantFrom(31, 32, 2047, 2048, 4095, 65_535),
)

const ALL = Array.from({ length: 65_535 }, (_, index) => index + 1)

describe('PacketIdentifierSet', () => {
  it('equals a Set, whatever comes and goes', () => {
    const step = fc.tuple(fc.constantFrom('add', 'add', 'delete', 'has', 'clear'), packetId)
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const set = new PacketIdentifierSet()
        const naive = new Set<number>()
        for (const [kind, id] of steps) {
          if (kind === 'add') expect(set.add(id)).toBe(!naive.has(id))
          if (kind === 'add') naive.add(id)
          if (kind === 'delete') expect(set.delete(id)).toBe(naive.delete(id))
          if (kind === 'has') expect(set.has(id)).toBe(naive.has(id))
          if (kind === 'clear' && id < 4) {
            set.clear()
            naive.clear()
          }
          expect(set.size).toBe(naive.size)
        }
        expect(set.values()).toEqual([...naive].sort((a, b) => a - b))
      }),
    )
  })

  it('holds all 65,535, and keeps no page that became empty beyond the next new one', () => {
    const set = new PacketIdentifierSet()
    expect(ALL.every((id) => set.add(id))).toBe(true)
    expect([set.size, set.values().length]).toEqual([65_535, 65_535])
    for (let id = 1; id <= 65_535; id += 1) if (id !== 40_000) set.delete(id)
    expect(set.values()).toEqual([40_000])
    // One page after the other is used and left: what is held elsewhere stays.
    for (let id = 1; id <= 65_535; id += 2_048) {
      set.add(id)
      set.delete(id)
    }
    expect([set.size, set.has(40_000)]).toEqual([1, true])
  })
})

describe('PacketIdentifiers', () => {
  it('[MQTT-2.2.1-3] gives 1 to 65,535 in turn, never one in use, never 0', () => {
    const identifiers = new PacketIdentifiers()
    expect(identifiers.reserve(2)).toBe(true)
    expect(identifiers.reserve(2)).toBe(false)
    expect([identifiers.take(), identifiers.take(), identifiers.take()]).toEqual([1, 3, 4])
    expect(identifiers.free(3)).toBe(true)
    expect(identifiers.free(3)).toBe(false)
    expect(identifiers.take()).toBe(5)
    expect(identifiers.inUse).toBe(4)
    expect(identifiers.has(3)).toBe(false)
    expect(identifiers.has(5)).toBe(true)
  })

  it('hostile #84 C1 I7 the 65,536th waits until one is free, and gets that one', () => {
    const identifiers = new PacketIdentifiers()
    expect(ALL.every((id) => identifiers.take() === id)).toBe(true)
    expect(identifiers.take()).toBe(0)
    expect(identifiers.inUse).toBe(65_535)
    identifiers.free(1234)
    expect(identifiers.take()).toBe(1234)
    expect(identifiers.take()).toBe(0)
    identifiers.clear()
    expect(identifiers.inUse).toBe(0)
    expect(identifiers.values()).toEqual([])
    expect(identifiers.take()).toBe(1235)
  })

  it('finds the only free one, wherever it is', () => {
    const identifiers = new PacketIdentifiers()
    for (let id = 1; id <= 65_535; id += 1) if (id !== 40_000) identifiers.reserve(id)
    expect([identifiers.take(), identifiers.take()]).toEqual([40_000, 0])
  })

  it('comes round to 1 after 65,535', () => {
    const identifiers = new PacketIdentifiers()
    for (let round = 0; round < 65_534; round += 1) identifiers.free(identifiers.take())
    expect([identifiers.take(), identifiers.take(), identifiers.take()]).toEqual([65_535, 1, 2])
  })

  it.each([0, -1, 65_536, 1.5, Number.NaN])('refuses to reserve %s', (id) => {
    const identifiers = new PacketIdentifiers()
    expect(() => identifiers.reserve(id)).toThrow(QosError)
  })

  it('I7 never gives one twice, for any order of taking, reserving and freeing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('take', 'take', 'reserve', 'free'), packetId), { maxLength: 150 }),
        (steps) => {
          const identifiers = new PacketIdentifiers()
          const inUse = new Set<number>()
          for (const [kind, id] of steps) {
            if (kind === 'take') {
              const taken = identifiers.take()
              expect(taken >= 1 && taken <= 65_535 && !inUse.has(taken)).toBe(true)
              inUse.add(taken)
            }
            if (kind === 'reserve') expect(identifiers.reserve(id)).toBe(!inUse.has(id))
            if (kind === 'reserve') inUse.add(id)
            if (kind === 'free') expect(identifiers.free(id)).toBe(inUse.delete(id))
          }
          expect(identifiers.inUse).toBe(inUse.size)
        },
      ),
    )
  })
})
