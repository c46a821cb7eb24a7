import { packageTests } from '@godwit/vitest-preset'

/** What takes longer than a test may: suites of their own in tooling/house/ci-suites.txt. */
const SUITES = ['src/shell/memory.test.ts']

export default packageTests({ test: process.env['GODWIT_SUITES'] === '1' ? {} : { exclude: SUITES } })
