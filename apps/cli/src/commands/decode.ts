import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
export const DECODE_EXAMPLES = ''
export function addDecodeOptions(command: Command): Command {
  return command.argument('[hex...]')
}
export async function decode(words: readonly string[], flags: object, terminal: Terminal): Promise<number> {
  return words.length + Object.keys(flags).length + Number(terminal.now())
}
