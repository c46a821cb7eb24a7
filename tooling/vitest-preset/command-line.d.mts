import type { parseArgs, ParseArgsConfig } from 'node:util'

/** `parseArgs` for a tool: what is wrong in its arguments is a line, with what there is instead, and exit code 2. */
export declare function commandLine<const Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>>
/** The whole number that an option was given as; the least there may be is 1 unless said. Exit code 2 for anything else. */
export declare function wholeNumber(name: string, text: string, least?: number): number
/** What an option lists, separated by commas. Exit code 2 where one of it is not known. */
export declare function listed(name: string, text: string, known: readonly string[]): string[]
