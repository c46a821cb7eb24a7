import { run } from './program.ts'
import { processTerminal } from './terminal.ts'

// Standard input may still be open (a terminal, a pipe that never ends): the end of the command is the end of the process.
process.exit(await run(process.argv.slice(2), processTerminal()))
