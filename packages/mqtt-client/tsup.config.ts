import { library } from '@godwit/tsup-preset'

export default library({
  index: 'src/index.ts',
  'index.browser': 'src/index.browser.ts',
  request: 'src/request.ts',
  'core/index': 'src/core/index.ts',
})
