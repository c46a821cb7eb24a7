import { CliError } from '../cli-error.ts'
import { ExitCode } from '../exit-codes.ts'

/**
 * Bytes from text as people paste it: `300700...`, `30 07 00`, `0x30, 0x07`, `30:07`, `\x30\x07`, over several lines.
 *
 * @throws CliError with the position (line and character) of what is not hexadecimal
 */
export function parseHexadecimal(text: string): Uint8Array {
  const bytes: number[] = []
  let at = 0
  while (at < text.length) {
    const rest = text.slice(at, at + 2)
    if (/^(0x|\\x)/i.test(rest)) {
      at += 2
      if (!/^[0-9a-f]/i.test(text.slice(at))) throw notHexadecimal(text, at)
      continue
    }
    if (/^[\s,:;_-]/.test(rest)) {
      at++
      continue
    }
    if (!/^[0-9a-f]{2}$/i.test(rest)) throw notHexadecimal(text, /^[0-9a-f]/i.test(rest) ? at + 1 : at)
    bytes.push(Number.parseInt(rest, 16))
    at += 2
  }
  if (bytes.length === 0) {
    throw new CliError(
      'NOT_HEXADECIMAL',
      ExitCode.notHexadecimal,
      'there are no bytes to decode',
      'for example: mqtt decode 300700056869',
    )
  }
  return Uint8Array.from(bytes)
}

function notHexadecimal(text: string, at: number): CliError {
  const before = text.slice(0, at).split('\n')
  const line = before.length
  const column = (before.at(-1)?.length ?? 0) + 1
  const where = line === 1 ? `character ${column}` : `line ${line}, character ${column}`
  const found = [...text.slice(at)][0]
  const what =
    found === undefined || /\s/.test(found)
      ? `the hexadecimal digits end in the middle of a byte, at ${where}`
      : `${JSON.stringify(found)} is not a hexadecimal digit, at ${where}`
  return new CliError(
    'NOT_HEXADECIMAL',
    ExitCode.notHexadecimal,
    what,
    'two digits for each byte: 30 07 00 05 68 65 6c 6c 6f',
  )
}
