import { expect, it } from 'vitest'
import { rowsOf } from './diagram/rows.ts'
import { pageDiagram } from './diagram/page.ts'
import { textDiagram } from './diagram/text.ts'
import { drawPlan } from './draw-plan.ts'
import { judge } from './judge.ts'
import { simulate } from './simulation.ts'

it('a plan with less in it leaves what is left as it was, and its trace names every packet', async () => {
  const plan = drawPlan('1')
  const smaller = { ...plan, operations: plan.operations.slice(0, 40), faults: [] }
  const outcome = await simulate(smaller)
  const violations = judge(outcome)
  expect(violations).toEqual([])
  const rows = rowsOf(outcome.history)
  const text = textDiagram(rows, [{ invariant: 'I1', place: rows[0]!.place, text: 'made up' }])
  expect(text).toContain('──▶ broker  CONNECT')
  expect(text).toContain('◀── broker  CONNACK 0x00')
  expect(text).toContain('^^^ I1: made up')
  const page = pageDiagram('<seed>', rows, violations)
  expect(page).toContain('<svg')
  expect(page).toContain('&lt;seed&gt;')
})
