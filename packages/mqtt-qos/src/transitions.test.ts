import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Receiver } from './receiver.ts'
import { Sender } from './sender.ts'
import {
  ReceiverInput,
  ReceiverOutcome,
  ReceiverState,
  receiverTransitions,
  SenderInput,
  SenderOutcome,
  SenderState,
  senderTransitions,
  type ReceiverInputName,
  type ReceiverStateName,
  type SenderInputName,
  type SenderStateName,
} from './transitions.ts'
import { cellOf, receiverTable, senderTable } from './transition-tables.ts'
import { transitionTables } from './testing/compiled-tables.ts'

const keysOf = <Key extends string>(record: Readonly<Record<Key, number>>): Key[] => Object.keys(record) as Key[]
const nameOf = <Key extends string>(record: Readonly<Record<Key, number>>, value: number): Key | undefined =>
  keysOf(record).find((key) => record[key] === value)

/** Every state x every input, written out by hand from §4.3: next state and outcome; `-` is a violation that changes nothing. */
const SENDER_INPUTS = [
  'startQos1',
  'startQos2',
  'puback',
  'pubackRefused',
  'pubrec',
  'pubrecRefused',
  'pubcomp',
  'abandon',
  'discard',
  'reserve',
  'release',
] as const
const SENDER_EXPECTED: Readonly<Record<SenderStateName, readonly string[]>> = {
  free: [
    'awaitingPuback sendPublish',
    'awaitingPubrec sendPublish',
    'free ignored',
    'free ignored',
    'free sendPubrel',
    'free ignored',
    'free ignored',
    '-',
    '-',
    'reserved identifierTaken',
    '-',
  ],
  awaitingPuback: [
    '-',
    '-',
    'free completed',
    'free refused',
    '-',
    '-',
    '-',
    'free completed',
    'free completed',
    '-',
    '-',
  ],
  awaitingPubrec: [
    '-',
    '-',
    '-',
    '-',
    'awaitingPubcomp sendPubrel',
    'free refused',
    '-',
    'free completed',
    'awaitingPubcomp sendPubrel',
    '-',
    '-',
  ],
  awaitingPubcomp: [
    '-',
    '-',
    '-',
    '-',
    'awaitingPubcomp sendPubrel',
    'awaitingPubcomp sendPubrel',
    'free completed',
    '-',
    '-',
    '-',
    '-',
  ],
  reserved: ['-', '-', '-', '-', '-', '-', '-', '-', '-', '-', 'free identifierFreed'],
}

const RECEIVER_INPUTS = ['publishQos1', 'publishQos2', 'publishBeyondQuota', 'hold', 'pubrel'] as const
const RECEIVER_EXPECTED: Readonly<Record<ReceiverStateName, readonly string[]>> = {
  free: ['free accept', 'free accept', 'free quotaExceeded', 'awaitingPubrel held', 'free unknown'],
  awaitingPubrel: [
    'awaitingPubrel accept',
    'awaitingPubrel repeat',
    'awaitingPubrel quotaExceeded',
    'awaitingPubrel held',
    'free released',
  ],
}

const senderCells = keysOf(SenderState).flatMap((state) =>
  SENDER_INPUTS.map((input, at) => [state, input, SENDER_EXPECTED[state][at] ?? ''] as const),
)
const receiverCells = keysOf(ReceiverState).flatMap((state) =>
  RECEIVER_INPUTS.map((input, at) => [state, input, RECEIVER_EXPECTED[state][at] ?? ''] as const),
)

it('transition-tables.ts is what the rows compile to (else run `pnpm docs` in this package)', () => {
  expect(readFileSync(new URL('transition-tables.ts', import.meta.url), 'utf8')).toBe(transitionTables())
})

describe('the table of the Sender', () => {
  it('names every input, each row once', () => {
    expect(SENDER_INPUTS).toEqual(keysOf(SenderInput))
    expect(new Set(senderTransitions.map(({ from, on }) => `${from} ${on}`)).size).toBe(senderTransitions.length)
  })

  it.each(senderCells)('%s on %s: %s', (state, input, expected) => {
    const cell = cellOf(senderTable, SenderState[state], SenderInput[input])
    const next = nameOf(SenderState, cell & 0x0f)
    const outcome = nameOf(SenderOutcome, cell >> 4)
    expect(`${next} ${outcome}`).toBe(expected === '-' ? `${state} violation` : expected)
  })

  it.each(senderCells.filter(([, input]) => machineInputs.has(input)))(
    'the Sender obeys it: %s on %s: %s',
    (state, input, expected) => {
      const { sender, packetId } = senderIn(state)
      const outcome = applyTo(sender, packetId, input)
      const [next, outcomeName] = expected === '-' ? [state, 'violation'] : expected.split(' ')
      expect(nameOf(SenderState, sender.state(packetId))).toBe(next)
      expect(outcome).toBe(outcomeName)
    },
  )
})

describe('the table of the Receiver', () => {
  it('names every input, each row once, and has a row for each cell', () => {
    expect(RECEIVER_INPUTS).toEqual(keysOf(ReceiverInput))
    expect(new Set(receiverTransitions.map(({ from, on }) => `${from} ${on}`)).size).toBe(receiverCells.length)
    expect(receiverTransitions.length).toBe(receiverCells.length)
  })

  it.each(receiverCells)('%s on %s: %s', (state, input, expected) => {
    const cell = cellOf(receiverTable, ReceiverState[state], ReceiverInput[input])
    expect(`${nameOf(ReceiverState, cell & 0x0f)} ${nameOf(ReceiverOutcome, cell >> 4)}`).toBe(expected)
  })

  it.each(receiverCells)('the Receiver obeys it: %s on %s: %s', (state, input, expected) => {
    const receiver = receiverIn(state, input)
    const outcome = applyToReceiver(receiver, input)
    const [next, outcomeName] = expected.split(' ')
    expect(receiver.has(5) ? 'awaitingPubrel' : 'free').toBe(next)
    if (outcome !== undefined) expect(outcome).toBe(outcomeName)
  })
})

const machineInputs: ReadonlySet<SenderInputName> = new Set([
  'puback',
  'pubackRefused',
  'pubrec',
  'pubrecRefused',
  'pubcomp',
  'abandon',
  'discard',
  'release',
])

function senderIn(state: SenderStateName): { sender: Sender<string>; packetId: number } {
  const sender = new Sender<string>({ receiveMaximum: 10 })
  if (state === 'free') return { sender, packetId: 7 }
  if (state === 'reserved') return { sender, packetId: sender.take() }
  const packetId = sender.start(state === 'awaitingPuback' ? 1 : 2, 'message')
  if (state === 'awaitingPubcomp') sender.onPubrec(packetId, 0)
  return { sender, packetId }
}

function applyTo(sender: Sender<string>, packetId: number, input: SenderInputName): string | undefined {
  switch (input) {
    case 'puback':
      return nameOf(SenderOutcome, sender.onPuback(packetId, 0x10))
    case 'pubackRefused':
      return nameOf(SenderOutcome, sender.onPuback(packetId, 0x80))
    case 'pubrec':
      return nameOf(SenderOutcome, sender.onPubrec(packetId, 0x7f))
    case 'pubrecRefused':
      return nameOf(SenderOutcome, sender.onPubrec(packetId, 0x97))
    case 'pubcomp':
      return nameOf(SenderOutcome, sender.onPubcomp(packetId, 0x92))
    case 'abandon':
      return nameOf(SenderOutcome, sender.abandon(packetId))
    case 'discard':
      // What an earlier connection sent is discarded, not abandoned.
      sender.resume(10)
      sender.resends()
      return nameOf(SenderOutcome, sender.abandon(packetId))
    default:
      return sender.free(packetId) ? 'identifierFreed' : 'violation'
  }
}

function receiverIn(state: ReceiverStateName, input: ReceiverInputName): Receiver {
  const receiver = new Receiver({ receiveMaximum: 1 })
  if (state === 'awaitingPubrel') receiver.hold(5)
  if (input !== 'publishBeyondQuota') return receiver
  // Held on an earlier connection, so that its repeat counts on this one.
  receiver.resume(1)
  receiver.onPublish(1, 9)
  return receiver
}

function applyToReceiver(receiver: Receiver, input: ReceiverInputName): string | undefined {
  switch (input) {
    case 'publishQos1':
      return nameOf(ReceiverOutcome, receiver.onPublish(1, 5))
    case 'publishQos2':
    case 'publishBeyondQuota':
      return nameOf(ReceiverOutcome, receiver.onPublish(2, 5))
    case 'pubrel':
      return receiver.onPubrel(5) ? 'released' : 'unknown'
    default:
      receiver.hold(5)
      return undefined
  }
}
