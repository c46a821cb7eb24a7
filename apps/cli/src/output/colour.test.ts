import { describe, expect, it } from 'vitest'
import { FakeOutput } from '../testing/fake-terminal.ts'
import { palette } from './colour.ts'

const heading = (isTTY: boolean, environment: Record<string, string>): string =>
  palette({ environment }, new FakeOutput(isTTY)).heading('x')

describe('colours', () => {
  it('are for a terminal only', () => {
    expect(heading(true, {})).toBe('\u001b[1mx\u001b[22m')
    expect(heading(false, {})).toBe('x')
  })

  it('NO_COLOR and a dumb terminal switch them off', () => {
    expect(heading(true, { NO_COLOR: '1' })).toBe('x')
    expect(heading(true, { NO_COLOR: '' })).toBe('\u001b[1mx\u001b[22m')
    expect(heading(true, { TERM: 'dumb' })).toBe('x')
  })
})
