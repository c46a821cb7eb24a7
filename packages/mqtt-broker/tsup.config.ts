import { library } from '@godwit/tsup-preset'

export default library({
  index: 'src/index.ts',
  ports: 'src/ports/index.ts',
  auth: 'src/auth/index.ts',
  testing: 'src/testing/index.ts',
})
