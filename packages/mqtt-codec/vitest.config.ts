import { packageTests } from '@godwit/vitest-preset'

export default packageTests()
