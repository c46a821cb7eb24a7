import { expect, it } from 'vitest'
import { connectionsOfProcess } from './descriptor-limit.ts'

it('limit maximumConnections: what the process may open, less a reserve', () => {
  const of = (soft: unknown) => connectionsOfProcess(() => ({ userLimits: { open_files: { soft } } }))
  expect([of(20_000), of(100), of(1)]).toEqual([19_936, 50, 1])
  expect([of('unlimited'), connectionsOfProcess(() => ({}))]).toEqual([Infinity, Infinity])
  const broken = () => {
    throw new TypeError('no report here')
  }
  expect(connectionsOfProcess(broken)).toBe(Infinity)
  expect(connectionsOfProcess()).toBeGreaterThan(1)
})
