import { packageTests } from '@godwit/vitest-preset'

export default packageTests({
  test: {
    testTimeout: 180_000,
    // A bundle with a bug in it is plain JavaScript: Node loads it, and vite need not read it first.
    server: { deps: { external: [/\/godwit-(planted|regressions)-/] } },
  },
})
