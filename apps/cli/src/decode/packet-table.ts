import type { Palette, Style } from '../output/colour.ts'

/** One line of the picture of a packet. */
export interface PacketRow {
  /** 0: a part of the packet; deeper: a part of that. */
  readonly depth: number
  /** Where it begins, from the first byte of the input; undefined for the bits of a byte that has its own row. */
  readonly offset: number | undefined
  readonly bytes: Uint8Array
  /** Instead of bytes: `0011 ....`, the dots stand for bits of other fields. */
  readonly bits?: string | undefined
  readonly name: string
  readonly meaning: string
  readonly section: string
}

/** Bytes in a line; a longer field goes on below. */
const BYTES_PER_LINE = 8
/** Of a payload; nobody reads more, and the meaning column says how long it is. */
const MAXIMUM_BYTES = 64

/** The rows in columns: offset, bytes, field, meaning, section. */
export function packetTable(rows: readonly PacketRow[], palette: Palette): string {
  const plain: Style = (text) => text
  const cells = rows.flatMap(linesOf)
  const heads: Line = {
    offset: 'offset',
    bytes: 'bytes',
    name: 'field',
    meaning: 'meaning',
    section: 'section',
    isHeading: true,
  }
  const all = [heads, ...cells]
  const width = (column: keyof Omit<Line, 'isHeading'>): number =>
    Math.max(...all.map((line) => displayWidth(line[column])))
  const widths = { offset: width('offset'), bytes: width('bytes'), name: width('name'), meaning: width('meaning') }
  return all
    .map((line) => {
      const heading = line === heads ? palette.faint : undefined
      const columns = [
        (heading ?? palette.faint)(line.offset.padStart(widths.offset)),
        (heading ?? palette.value)(padded(line.bytes, widths.bytes)),
        (heading ?? (line.isHeading ? palette.heading : palette.name))(padded(line.name, widths.name)),
        (heading ?? plain)(padded(line.meaning, widths.meaning)),
        (heading ?? palette.faint)(line.section),
      ]
      return `${columns.join('  ')}\n`
    })
    .map((text) => (palette.faint('x') === 'x' ? `${text.trimEnd()}\n` : text))
    .join('')
}

interface Line {
  readonly offset: string
  readonly bytes: string
  readonly name: string
  readonly meaning: string
  readonly section: string
  /** A part that has parts: its name stands out. */
  readonly isHeading: boolean
}

function linesOf(row: PacketRow): Line[] {
  const name = '  '.repeat(row.depth) + row.name
  const first = {
    offset: row.offset === undefined ? '' : String(row.offset),
    name,
    meaning: row.meaning,
    section: row.section,
  }
  const isHeading = row.depth === 0
  if (row.bits !== undefined) return [{ ...first, bytes: row.bits, isHeading }]
  const shown = row.bytes.subarray(0, MAXIMUM_BYTES)
  const groups: string[] = []
  for (let at = 0; at < shown.length; at += BYTES_PER_LINE) {
    groups.push(
      Array.from(shown.subarray(at, at + BYTES_PER_LINE), (byte) => byte.toString(16).padStart(2, '0')).join(' '),
    )
  }
  if (row.bytes.length > shown.length) groups.push(`... ${row.bytes.length - shown.length} more`)
  const [head = '', ...rest] = groups
  const more = rest.map((bytes): Line => ({ offset: '', bytes, name: '', meaning: '', section: '', isHeading: false }))
  return [{ ...first, bytes: head, isHeading }, ...more]
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}

/** Columns of a terminal: East Asian wide characters and pictographs take two, combining marks none. */
function displayWidth(text: string): number {
  let width = 0
  for (const character of text) {
    if (/\p{M}|\u200d/u.test(character)) continue
    width +=
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uff01-\uff60]|\p{Extended_Pictographic}/u.test(
        character,
      )
        ? 2
        : 1
  }
  return width
}
