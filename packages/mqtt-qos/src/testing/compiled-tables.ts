import {
  ReceiverInput,
  ReceiverOutcome,
  receiverTransitions,
  ReceiverState,
  SenderInput,
  SenderOutcome,
  senderTransitions,
  SenderState,
  type Transition,
} from '../transitions.ts'

/** The source of `transition-tables.ts`, from the rows as they are. */
export function transitionTables(): string {
  const sender = compiled(SenderState, SenderInput, SenderOutcome, senderTransitions, SenderOutcome.violation)
  // Every cell of the receiver's table is filled, so its default is never read.
  const receiver = compiled(ReceiverState, ReceiverInput, ReceiverOutcome, receiverTransitions, ReceiverOutcome.unknown)
  return `// Generated from the rows of transitions.ts: \`pnpm docs\` in this package.

/**
 * What the rows compile to: a line for each state with a cell for each input, which holds \`outcome << 4 | next state\`. What is absent in the
 * rows is a violation that stays where it is.
 */
export type TransitionTable = readonly (readonly number[])[]

export const senderTable: TransitionTable = [
${sender}
]

export const receiverTable: TransitionTable = [
${receiver}
]

/** The cell for a state and an input. */
export const cellOf = (table: TransitionTable, state: number, input: number): number =>
  (table[state] as readonly number[])[input] as number
`
}

function compiled<State extends string, Input extends string, Outcome extends string>(
  states: Readonly<Record<State, number>>,
  inputs: Readonly<Record<Input, number>>,
  outcomes: Readonly<Record<Outcome, number>>,
  rows: readonly Transition<State, Input, Outcome>[],
  absent: number,
): string {
  const lines = Object.values<number>(states).map((state) =>
    Object.values<number>(inputs).map(() => (absent << 4) | state),
  )
  for (const { from, on, to, outcome } of rows) {
    const line = lines[states[from]]
    if (line) line[inputs[on]] = (outcomes[outcome] << 4) | states[to]
  }
  const hexadecimal = (cell: number) => `0x${cell.toString(16).padStart(2, '0')}`
  return lines.map((cells) => `  [${cells.map(hexadecimal).join(', ')}],`).join('\n')
}
