import { packageTests } from '@godwit/vitest-preset'

export default packageTests({ test: { testTimeout: 30_000, hookTimeout: 30_000 } })
