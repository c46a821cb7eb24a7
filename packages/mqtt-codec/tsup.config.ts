import { library } from '@godwit/tsup-preset'

export default library({
  index: 'src/index.ts',
  node: 'src/node.ts',
  explain: 'src/explain.ts',
  testing: 'src/testing/index.ts',
})
