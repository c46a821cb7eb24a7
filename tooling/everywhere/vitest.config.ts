import { packageTests } from '@godwit/vitest-preset'

export default packageTests({
  test: { testTimeout: 120_000, hookTimeout: 120_000, globalSetup: ['src/global-setup.ts'] },
})
