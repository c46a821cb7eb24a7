import { smallLibrary } from '@godwit/tsup-preset'

export default smallLibrary({
  index: 'src/index.ts',
  client: 'src/client.ts',
  relay: 'src/relay.ts',
  node: 'src/node.ts',
  explain: 'src/explain.ts',
  'fast-paths': 'src/fast-paths.ts',
  'no-fast-paths': 'src/no-fast-paths.ts',
  testing: 'src/testing/index.ts',
})
