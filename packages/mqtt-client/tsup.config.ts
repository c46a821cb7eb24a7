import { libraryWithPage } from '@godwit/tsup-preset'
import { INTERNAL_NAMES } from './internal-names.ts'

export default libraryWithPage({
  page: { 'index.browser': 'src/index.browser.ts' },
  shared: { errors: 'src/errors.ts' },
  internalNames: INTERNAL_NAMES,
  index: 'src/index.ts',
  'fast-paths': 'src/fast-paths.ts',
  'no-fast-paths': 'src/no-fast-paths.ts',
  request: 'src/request.ts',
  aliases: 'src/aliases.ts',
  authentication: 'src/authentication.ts',
  failover: 'src/failover.ts',
  schema: 'src/schema.ts',
  store: 'src/store.ts',
  'store-file': 'src/store-file.ts',
  'store-indexeddb': 'src/store-indexeddb.ts',
  testing: 'src/testing/index.ts',
  'core/index': 'src/core/index.ts',
})
