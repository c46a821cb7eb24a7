import type { Command } from 'commander'
import type { DecodeFailure } from '@godwit/mqtt-codec'
import { explain, explainFailure, type ExplainedField } from '@godwit/mqtt-codec/explain'
import { comparison } from '../decode/comparison.ts'
import { parseHexadecimal } from '../decode/hex-input.ts'
import { packetTable, type PacketRow } from '../decode/packet-table.ts'
import { ExitCode } from '../exit-codes.ts'
import { everything } from '../options/lines.ts'
import { parseVersion, versionName } from '../options/values.ts'
import { palette, type Palette } from '../output/colour.ts'
import { printable } from '../output/printable.ts'
import type { Terminal } from '../terminal.ts'

interface DecodeFlags {
  protocolVersion?: string
}

export const DECODE_EXAMPLES = `
Examples:
  mqtt decode c000                                    a PINGREQ
  mqtt decode 30 07 00 05 68 65 6c 6c 6f -V 311       an empty message to hello
  xxd -p packet.bin | mqtt decode                     hexadecimal digits from standard input
`

export function addDecodeOptions(command: Command): Command {
  return command
    .description('Say what the bytes of a packet mean, bit by bit')
    .argument('[hex...]', 'the packet in hexadecimal; without it, from standard input')
    .option('-V, --protocol-version <version>', '31, 311 or 5; a CONNECT names its own (default: 5)')
}

/** @returns the exit code */
export async function decode(words: readonly string[], flags: DecodeFlags, terminal: Terminal): Promise<number> {
  const version = flags.protocolVersion === undefined ? 5 : parseVersion('-V', flags.protocolVersion)
  const text = words.length > 0 ? words.join(' ') : Buffer.from(await everything(terminal.stdin)).toString('latin1')
  const bytes = parseHexadecimal(text)
  const colours = palette(terminal, terminal.stdout)
  const { name, parts, packet, failure, version: readAs } = explain(bytes, version)
  terminal.stdout.write(`${colours.heading(`${name}, MQTT ${versionName(readAs)}, ${bytes.length} bytes`)}\n\n`)
  terminal.stdout.write(packetTable(rowsOf(parts, bytes), colours))
  if (failure !== undefined) {
    terminal.stdout.write(`\n${wrong(failure, colours)}`)
    return ExitCode.malformedPacket
  }
  if (packet?.type === 'publish') {
    terminal.stdout.write(`\n${comparison(packet, bytes.length, colours)}`)
  }
  return ExitCode.success
}

function rowsOf(fields: readonly ExplainedField[], bytes: Uint8Array, depth = 0): PacketRow[] {
  return fields.flatMap(({ name, start, end, bits, meaning, section, parts }) => [
    {
      depth,
      offset: bits === undefined ? start : undefined,
      // Of a part that has parts the bytes are shown there; the bits of a byte stand below the byte.
      bytes: parts === undefined || parts[0]?.bits !== undefined ? bytes.subarray(start, end) : new Uint8Array(0),
      bits,
      name,
      meaning: printable(meaning),
      section: `§${section}`,
    },
    ...rowsOf(parts ?? [], bytes, depth + 1),
  ])
}

/** What is wrong, where, which statement says so, and what a Server would answer. */
function wrong(failure: DecodeFailure, colours: Palette): string {
  const { kind, reasonCode } = failure
  const code = `0x${reasonCode.toString(16)}`
  return (
    `${colours.failure(`${kind}: ${explainFailure(failure)}`)}\n` +
    `In MQTT 5.0 it is answered with Reason Code ${code}, then the connection is closed.\n`
  )
}
