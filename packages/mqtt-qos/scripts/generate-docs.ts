// Writes the state diagrams of docs/state-machines.md from the tables: `pnpm docs` in this package.
import { readFileSync, writeFileSync } from 'node:fs'
import { withStateDiagrams } from '../src/testing/state-diagrams.ts'

const path = new URL('../docs/state-machines.md', import.meta.url)
writeFileSync(path, withStateDiagrams(readFileSync(path, 'utf8')))
