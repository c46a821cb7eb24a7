import { smallLibrary } from '@godwit/tsup-preset'

export default smallLibrary({
  index: 'src/index.ts',
  relay: 'src/relay.ts',
  node: 'src/node.ts',
  explain: 'src/explain.ts',
  testing: 'src/testing/index.ts',
})
