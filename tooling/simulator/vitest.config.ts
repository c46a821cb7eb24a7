import { packageTests } from '@godwit/vitest-preset'

export default packageTests({ test: { testTimeout: 180_000 } })
