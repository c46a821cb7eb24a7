import type { BrokerSetup } from '../brokers/broker-setup.ts'
import type { Trial } from './trial.ts'

/** One case: what is done, and what has to hold, which the trial is told. */
export interface HostileCase {
  readonly number: number
  readonly setup: BrokerSetup
  readonly run: (trial: Trial) => Promise<void>
}

/** A case whose broker needs nothing special, or what it needs. */
export function hostile(number: number, run: HostileCase['run']): HostileCase
export function hostile(number: number, setup: BrokerSetup, run: HostileCase['run']): HostileCase
export function hostile(
  number: number,
  second: BrokerSetup | HostileCase['run'],
  third?: HostileCase['run'],
): HostileCase {
  return typeof second === 'function'
    ? { number, setup: {}, run: second }
    : { number, setup: second, run: third ?? (async () => {}) }
}
