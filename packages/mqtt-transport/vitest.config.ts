import { packageTests } from '@godwit/vitest-preset'

/** Some files replace `node:net` or the WebSocket of the platform, which the other files must not see. */
export default packageTests({ test: { isolate: true } })
