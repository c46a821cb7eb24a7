// pnpm hostile:page: writes the page of results from what the runs have saved.
import { writeFileSync } from 'node:fs'
import { PAGE, pageOfResults } from './results-page.ts'

writeFileSync(PAGE, pageOfResults())
