// Writes what is generated from the rows of transitions.ts, diagrams and tables: `pnpm docs` in this package.
import { readFileSync, writeFileSync } from 'node:fs'
import { transitionTables } from '../src/testing/compiled-tables.ts'
import { withStateDiagrams } from '../src/testing/state-diagrams.ts'

const diagrams = new URL('../docs/state-machines.md', import.meta.url)
writeFileSync(diagrams, withStateDiagrams(readFileSync(diagrams, 'utf8')))
writeFileSync(new URL('../src/transition-tables.ts', import.meta.url), transitionTables())
