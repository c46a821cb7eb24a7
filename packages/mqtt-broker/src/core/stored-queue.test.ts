import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CommitMarks } from './commit-marks.ts'
import { StoredQueue, packetIdOf } from './stored-queue.ts'

describe('CommitMarks', () => {
  it('moves its boundary with commits, and names the commit that passes a value', () => {
    const marks = new CommitMarks()
    marks.mark(1, 5, 0)
    marks.mark(1, 7, 0)
    marks.mark(2, 9, 0)
    expect([0, 6, 7, 8, 9].map((value) => marks.commitOf(value, 0))).toEqual([1, 1, 2, 2, 0])
    expect([marks.reached(0), marks.reached(1), marks.reached(2)]).toEqual([0, 7, 9])
    marks.mark(2, 12, 2)
    expect([marks.reached(2), marks.commitOf(11, 2)]).toEqual([12, 0])
  })
})

describe('StoredQueue', () => {
  it('I7 [MQTT-2.2.1-3] finds the message of a Packet Identifier, wherever the identifiers begin anew', () => {
    for (const begin of [0, 65_533, 65_535, 131_071, 10 ** 12]) {
      const queue = new StoredQueue(1)
      queue.restored(begin)
      const sequences = Array.from({ length: 100 }, () => queue.push(10, 1, 0))
      expect(sequences.map((sequence) => queue.sequenceOf(packetIdOf(sequence)))).toEqual(sequences)
      expect(new Set(sequences.map(packetIdOf)).size).toBe(100)
      expect(queue.sequenceOf(packetIdOf(begin + 100))).toBe(-1)
    }
  })

  it('I7 sends nothing that is 65,534 behind the oldest, until that is gone from the disk too', () => {
    const queue = new StoredQueue(1)
    for (let number = 0; number <= 65_534; number++) queue.push(10, 1, 0)
    let started = 0
    for (; queue.mayStart(0); started++) queue.advance()
    expect(started).toBe(65_534)
    queue.remove(0)
    queue.freed.mark(1, queue.first, 0)
    expect([queue.first, queue.mayStart(0), queue.mayStart(1)]).toEqual([1, false, true])
  })

  it('counts as a plain list does, whatever is added, sent, released and removed', () => {
    type Entry = { sequence: number; sizeBytes: number; waits: boolean }
    const command = fc.tuple(
      fc.constantFrom('push', 'advance', 'remove', 'release'),
      fc.nat(40),
      fc.integer({ min: 1, max: 900 }),
    )
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120 }), fc.nat(200_000), (commands, begin) => {
        const queue = new StoredQueue(1)
        queue.restored(begin)
        const model: Entry[] = []
        for (const [what, place, sizeBytes] of commands) {
          const entry = model[place % Math.max(1, model.length)]
          if (what === 'push') model.push({ sequence: queue.push(sizeBytes, 1, 0), sizeBytes, waits: true })
          else if (what === 'advance') {
            const next = model.find(({ waits }) => waits)
            expect(queue.seek()).toBe(next !== undefined)
            if (next === undefined) continue
            expect(queue.cursor).toBe(next.sequence)
            queue.advance()
            next.waits = false
          } else if (entry !== undefined && what === 'remove') {
            queue.remove(entry.sequence)
            model.splice(model.indexOf(entry), 1)
          } else if (entry !== undefined) {
            queue.release(entry.sequence)
            entry.waits = false
            expect(queue.isReleased(entry.sequence)).toBe(true)
          }
          const waiting = model.filter(({ waits }) => waits)
          expect([queue.length, queue.sizeBytes]).toEqual([
            waiting.length,
            waiting.reduce((sum, each) => sum + each.sizeBytes, 0),
          ])
          expect(model.every(({ sequence }) => queue.has(sequence))).toBe(true)
          if (model.length > 0) expect(queue.first).toBe(model[0]!.sequence)
        }
      }),
    )
  })

  it('takes what was found in a store, with gaps, and goes on behind it', () => {
    const queue = new StoredQueue(1)
    queue.restore(7, 10, 1, 0, false)
    queue.restore(9, 20, 2, 0, true)
    queue.restore(40, 30, 2, 3, false)
    queue.restored(8)
    expect([queue.first, queue.next, queue.length, queue.sizeBytes, queue.sentBefore]).toEqual([7, 41, 2, 40, 8])
    expect([8, 9, 10, 40].map((sequence) => queue.has(sequence))).toEqual([false, true, false, true])
    expect([queue.isReleased(9), queue.remove(40), queue.push(1, 1, 0)]).toEqual([true, 3, 41])
  })
})
