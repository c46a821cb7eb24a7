import { Command, CommanderError } from 'commander'
import { CliError, usageError } from './cli-error.ts'
import { addDecodeOptions, decode, DECODE_EXAMPLES } from './commands/decode.ts'
import { addPubOptions, pub, PUB_EXAMPLES } from './commands/pub.ts'
import { addSubOptions, SUB_EXAMPLES } from './commands/sub-plan.ts'
import { sub } from './commands/sub.ts'
import { EXIT_CODE_TABLE, ExitCode } from './exit-codes.ts'
import { rewriteArguments } from './options/arguments.ts'
import { dialectHint, unknownOptionHint } from './options/dialects.ts'
import { report, type Terminal } from './terminal.ts'
import { versionLine } from './version.ts'

/**
 * The whole command: parses, runs, reports. Never throws.
 *
 * @param argv without the interpreter and the script
 * @returns the exit code
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  const outcome = { exitCode: ExitCode.success as number }
  const program = buildProgram(terminal, outcome)
  try {
    const [name = '', ...rest] = argv
    const command = program.commands.find((each) => each.name() === name || each.aliases().includes(name))
    const rewritten = command === undefined ? argv : [name, ...rewriteArguments(rest, command.options)]
    await program.parseAsync([...rewritten], { from: 'user' })
    return outcome.exitCode
  } catch (error) {
    return reportFailure(error, argv, terminal)
  }
}

function buildProgram(terminal: Terminal, outcome: { exitCode: number }): Command {
  const program = new Command('mqtt')
    .description('MQTT 5.0, 3.1.1 and 3.1 on the command line, by Godwit')
    .version(versionLine, '--version', 'print name and version')
    .helpOption('--help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      // Reported once, below, in the form of every other failure.
      outputError: () => undefined,
      getOutHelpWidth: () => terminal.stdout.columns ?? 100,
      getErrHelpWidth: () => terminal.stderr.columns ?? 100,
    })
    .addHelpText('after', `\n${environmentHelp()}\n${exitCodeHelp()}`)

  const subCommand = addSubOptions(program.command('sub').alias('subscribe')).action(async (words: string[], flags) => {
    outcome.exitCode = await sub(words, flags, terminal)
  })
  const pubCommand = addPubOptions(program.command('pub').alias('publish')).action(
    async (topic: string | undefined, message: string | undefined, flags) => {
      const words = [topic, message].filter((word) => word !== undefined)
      outcome.exitCode = await pub(words, flags, terminal)
    },
  )
  const decodeCommand = addDecodeOptions(program.command('decode')).action(async (words: string[], flags) => {
    outcome.exitCode = await decode(words, flags, terminal)
  })
  // MQTT.js has `mqtt version`.
  program.command('version', { hidden: true }).action(() => {
    terminal.stdout.write(`${versionLine}\n`)
  })
  for (const [command, examples] of [
    [subCommand, SUB_EXAMPLES],
    [pubCommand, PUB_EXAMPLES],
    [decodeCommand, DECODE_EXAMPLES],
  ] as const) {
    command.addHelpText('after', `${examples}\n${exitCodeHelp()}`)
  }
  return program
}

function environmentHelp(): string {
  return [
    'Environment (flags win):',
    '  MQTT_URL        where to connect, as for -L',
    '  MQTT_PASSWORD   the password, so that no list of processes shows it',
    '  NO_COLOR        no colours',
    '',
  ].join('\n')
}

function exitCodeHelp(): string {
  return ['Exit codes:', ...EXIT_CODE_TABLE.map(([codes, meaning]) => `  ${codes.padEnd(9)} ${meaning}`), ''].join('\n')
}

function reportFailure(error: unknown, argv: readonly string[], terminal: Terminal): number {
  const failure = asCliError(error, argv)
  if (typeof failure === 'number') return failure
  report(terminal, failure.message)
  if (failure.hint !== undefined) terminal.stderr.write(`      ${failure.hint}\n`)
  return failure.exitCode
}

/** The parser ends by throwing too, also after `--help`. */
function asCliError(error: unknown, argv: readonly string[]): CliError | number {
  if (CliError.isInstance(error)) return error
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return ExitCode.success
    if (error.code === 'commander.help') return ExitCode.usage
    const [line = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
    return usageError(line, hintFor(error, line, argv) ?? suggestion?.replace(/^\((.*)\)$/, '$1'))
  }
  const message = error instanceof Error ? error.message : String(error)
  return new CliError(
    'INTERNAL',
    ExitCode.internal,
    `internal error: ${message}`,
    'this is a mistake of ours; please report it',
    error,
  )
}

function hintFor(error: CommanderError, line: string, argv: readonly string[]): string | undefined {
  const flag = /'(-{1,2}[^'\s,]+)/.exec(line)?.[1]
  if (error.code === 'commander.unknownOption' && flag !== undefined) {
    const typed = argv.find((argument) => argument.startsWith(flag)) ?? flag
    return unknownOptionHint(typed) ?? unknownOptionHint(flag)
  }
  // `-T` of HiveMQ and `-M` of MQTT.js take no value: at the end of the line they lack one here.
  if (error.code === 'commander.optionMissingArgument' && flag !== undefined) return dialectHint(flag, undefined)
  return undefined
}
