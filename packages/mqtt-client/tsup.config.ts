import { library } from '@godwit/tsup-preset'

export default library({
  index: 'src/index.ts',
  'index.browser': 'src/index.browser.ts',
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
