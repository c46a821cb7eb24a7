import { receiverTransitions, senderTransitions, type Transition } from '../transitions.ts'

const END = '<!-- end of generated part -->'

/** A document whose generated parts are those of the tables as they are. */
export function withStateDiagrams(document: string): string {
  const withSender = replacePart(document, 'sender', diagram(senderTransitions))
  return replacePart(withSender, 'receiver', diagram(receiverTransitions))
}

function replacePart(document: string, name: string, text: string): string {
  const start = `<!-- generated: ${name} -->`
  const from = document.indexOf(start)
  const to = document.indexOf(END, from)
  if (from < 0 || to < 0) throw new RangeError(`The document has no part "${start}" that ends with "${END}"`)
  return `${document.slice(0, from + start.length)}\n\n${text}\n\n${document.slice(to)}`
}

/** A Mermaid state diagram, one arrow a row: `input / outcome`. */
function diagram(rows: readonly Transition<string, string, string>[]): string {
  const arrows = rows.map(({ from, on, to, outcome }) => `  ${from} --> ${to}: ${on} / ${outcome}`)
  return ['```mermaid', 'stateDiagram-v2', '  [*] --> free', ...arrows, '```'].join('\n')
}
