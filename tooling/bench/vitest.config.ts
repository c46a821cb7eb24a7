import { packageTests } from '@godwit/vitest-preset'

/** What takes longer than a test may: suites of their own in tooling/house/ci-suites.txt. */
const SUITES = ['src/instructions.test.ts']

const exclude = process.env['GODWIT_SUITES'] === '1' ? {} : { exclude: SUITES }

export default packageTests({ test: { testTimeout: 30_000, hookTimeout: 30_000, ...exclude } })
