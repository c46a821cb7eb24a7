import { run } from './program.ts'
import { processTerminal } from './terminal.ts'

// A reader that goes away ends the command with 0: what is still written then must not throw.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
const exitCode = await run(process.argv.slice(2), processTerminal())
// What was written to a pipe may still be on its way where pipes are asynchronous.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))))
// Standard input may still be open (a terminal, a pipe that never ends): the end of the command is the end of the process.
process.exit(exitCode)
