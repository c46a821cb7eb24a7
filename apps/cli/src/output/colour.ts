import { styleText } from 'node:util'
import type { OutputStream, Terminal } from '../terminal.ts'

export type Style = (text: string) => string

export interface Palette {
  readonly heading: Style
  readonly name: Style
  readonly value: Style
  readonly faint: Style
  readonly failure: Style
}

/** Colours on a terminal only, and none where NO_COLOR is set (https://no-color.org) or TERM is `dumb`. */
export function palette(terminal: Pick<Terminal, 'environment'>, stream: OutputStream): Palette {
  const { NO_COLOR, TERM } = terminal.environment
  const colourful = stream.isTTY === true && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb'
  const style =
    (format: Parameters<typeof styleText>[0]): Style =>
    (text) =>
      colourful && text !== '' ? styleText(format, text, { validateStream: false }) : text
  return {
    heading: style('bold'),
    name: style('cyan'),
    value: style('green'),
    faint: style('dim'),
    failure: style(['bold', 'red']),
  }
}
