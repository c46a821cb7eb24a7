import { application } from '@godwit/tsup-preset'

export default application({ main: 'src/main.ts' })
