import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { receiverTransitions, senderTransitions } from '../transitions.ts'
import { withStateDiagrams } from './state-diagrams.ts'

const document = readFileSync(new URL('../../docs/state-machines.md', import.meta.url), 'utf8')

describe('docs/state-machines.md', () => {
  it('shows the tables as they are (else run `pnpm docs` in this package)', () => {
    expect(document).toBe(withStateDiagrams(document))
  })

  it('has one arrow for each row, and the two that lead in', () => {
    expect(document.split(' --> ').length - 1).toBe(senderTransitions.length + receiverTransitions.length + 2)
  })

  it('is put right where it drifted, and refused where it lost its markers', () => {
    const drifted = document.replace('awaitingPubrec --> awaitingPubcomp: pubrec', 'awaitingPubrec --> free: pubrec')
    expect(drifted).not.toBe(document)
    expect(withStateDiagrams(drifted)).toBe(document)
    expect(() => withStateDiagrams(document.replace('<!-- generated: sender -->', ''))).toThrow(RangeError)
    expect(() => withStateDiagrams('<!-- generated: sender -->')).toThrow(RangeError)
  })
})
