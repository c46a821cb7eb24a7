import type { Findings } from './findings.ts'

/** What one publisher sent to one topic: numbers from 1 on. */
export interface Sent {
  readonly topicName: string
  readonly qos: 0 | 1 | 2
  /** The newest number that went out. */
  sent: number
  /** Numbers up to this one have been judged. */
  judged: number
  /** Those that were acknowledged: PUBACK, or PUBREC. */
  readonly acknowledged: Set<number>
}

/**
 * Judges what a Subscription whose Session lives on has received of one topic, once it must have everything.
 *
 * QoS 1 may repeat, and a resend may go back; but each number's first arrival is in order [MQTT-4.6.0-6]. QoS 2 arrives once.
 */
export const checkStream = (
  findings: Findings,
  who: string,
  sent: Sent,
  qos: 1 | 2,
  received: readonly number[],
): void => {
  const first = new Set<number>()
  let highest = sent.judged
  for (const number of received) {
    // It had come before the last look: its acknowledgement was not on disk yet when the broker was killed.
    if (first.has(number) || number <= sent.judged) {
      if (qos === 2) findings.add('repeated', `${who} got ${sent.topicName} number ${number} twice`)
      continue
    }
    first.add(number)
    if (number < highest) findings.add('out of order', `${who} got ${sent.topicName} number ${number} after ${highest}`)
    highest = Math.max(highest, number)
    if (number > sent.sent)
      findings.add('protocol', `${who} got ${sent.topicName} number ${number}, which was never sent`)
  }
  addMissing(findings, who, sent, first)
}

const addMissing = (findings: Findings, who: string, sent: Sent, received: ReadonlySet<number>): void => {
  const missing = [...sent.acknowledged].filter((number) => number > sent.judged && !received.has(number))
  if (missing.length === 0) return
  const some = missing.slice(0, 5).join(', ')
  findings.add('lost', `${who} never got ${sent.topicName} number ${some}, which was acknowledged`, missing.length)
}

/**
 * Judges what the members of a Shared Subscription have received of one topic together: everything, by whomever, in no order
 * among them; with QoS 2 only one of them, once [MQTT-4.8.2-5].
 */
export const checkShared = (findings: Findings, group: string, sent: Sent, received: readonly number[]): void => {
  const first = new Set<number>()
  for (const number of received) {
    if (sent.qos === 2 && (first.has(number) || number <= sent.judged)) {
      findings.add('repeated', `${group} got ${sent.topicName} number ${number} twice`)
    }
    first.add(number)
  }
  addMissing(findings, group, sent, first)
}

/** QoS 0, or a Session that ends with its connection: what comes, comes in order and once. */
export const checkUnreliable = (
  findings: Findings,
  who: string,
  topicName: string,
  received: readonly number[],
): void => {
  for (const [place, number] of received.entries()) {
    const before = received[place - 1] ?? 0
    if (number === before) findings.add('repeated', `${who} got ${topicName} number ${number} twice in one connection`)
    else if (number < before) findings.add('out of order', `${who} got ${topicName} number ${number} after ${before}`)
  }
}

/** A retained message that was set, or cleared (`value` undefined). */
export interface RetainedStep {
  readonly value: string | undefined
  acknowledged: boolean
}

/** After a crash a topic retains the last acknowledged step, or one that was sent after it. */
export const checkRetained = (
  findings: Findings,
  topicName: string,
  steps: readonly RetainedStep[],
  found: string | undefined,
): void => {
  const last = steps.findLastIndex((step) => step.acknowledged)
  const allowed: (string | undefined)[] = steps.slice(Math.max(last, 0)).map((step) => step.value)
  if (last < 0) allowed.push(undefined)
  if (allowed.includes(found)) return
  findings.add(
    'retained wrong',
    `${topicName} retains ${found ?? 'nothing'} instead of ${allowed.map((each) => each ?? 'nothing').join(' or ')}`,
  )
}

/** What a Will owes: `due` exactly once, `possible` at most once, `cancelled` never. With QoS 1 once may be twice. */
export type WillDuty = 'due' | 'possible' | 'cancelled'

export const checkWill = (findings: Findings, name: string, qos: 1 | 2, duty: WillDuty, times: number): void => {
  if (times > 1 && qos === 2) findings.add('will wrong', `the Will of ${name} came ${times} times`)
  if (times > 0 && duty === 'cancelled') findings.add('will wrong', `the Will of ${name} came after a DISCONNECT`)
  if (times === 0 && duty === 'due') findings.add('will wrong', `the Will of ${name} never came`)
}
