import { packageTests } from '@godwit/vitest-preset'

// Some tests replace `#fast-paths` by what a browser loads.
export default packageTests({ test: { isolate: true } })
