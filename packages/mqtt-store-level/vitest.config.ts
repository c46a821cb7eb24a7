import { packageTests } from '@godwit/vitest-preset'

export default packageTests({ test: { globalSetup: ['src/testing/build-writer.ts'] } })
