import { library } from '@godwit/tsup-preset'

export default library({ index: 'src/index.ts' })
