import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Deadline, Deadlines } from './deadlines.ts'

describe('Deadlines', () => {
  it('runs what is due, the earliest first, and nothing else', () => {
    const deadlines = new Deadlines()
    const ran: string[] = []
    for (const [name, at] of [
      ['late', 30],
      ['first', 10],
      ['second', 20],
    ] as const) {
      deadlines.arm(new Deadline(() => ran.push(name)), at)
    }
    expect(deadlines.next).toBe(10)
    deadlines.run(20)
    expect(ran).toEqual(['first', 'second'])
    expect(deadlines.next).toBe(30)
  })

  it('lets a deadline arm itself again while it runs', () => {
    const deadlines = new Deadlines()
    let times = 0
    const again = new Deadline((now) => {
      times++
      if (times < 3) deadlines.arm(again, now + 1)
    })
    deadlines.arm(again, 1)
    deadlines.run(1)
    deadlines.run(2)
    deadlines.run(3)
    expect(times).toBe(3)
    expect(deadlines.size).toBe(0)
  })

  it('never is never: an infinite time cancels', () => {
    const deadlines = new Deadlines()
    const deadline = new Deadline(() => {})
    deadlines.arm(deadline, 5)
    deadlines.arm(deadline, Infinity)
    expect(deadlines.size).toBe(0)
    expect(deadlines.next).toBe(Infinity)
  })

  it('equals a sorted list under any sequence of arm, cancel and run', () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('arm' as const), which: fc.nat(9), at: fc.nat(50) }),
      fc.record({ type: fc.constant('cancel' as const), which: fc.nat(9) }),
      fc.record({ type: fc.constant('run' as const), now: fc.nat(50) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const deadlines = new Deadlines()
        let ran: number[] = []
        const all = Array.from({ length: 10 }, (_, which) => new Deadline(() => ran.push(which)))
        const model = new Map<number, number>()
        for (const each of steps) {
          if (each.type === 'arm') {
            deadlines.arm(all[each.which]!, each.at)
            model.set(each.which, each.at)
          } else if (each.type === 'cancel') {
            deadlines.cancel(all[each.which]!)
            model.delete(each.which)
          } else {
            ran = []
            deadlines.run(each.now)
            const due = [...model].filter(([, at]) => at <= each.now)
            expect(ran.map((which) => model.get(which))).toEqual(due.map(([, at]) => at).sort((a, b) => a - b))
            expect([...ran].sort()).toEqual(due.map(([which]) => which).sort())
            for (const [which] of due) model.delete(which)
          }
          expect(deadlines.next).toBe(Math.min(Infinity, ...model.values()))
          expect(deadlines.size).toBe(model.size)
        }
      }),
    )
  })
})
