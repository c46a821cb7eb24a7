import { QosError } from './qos-error.ts'

/** Stays on in production. What it says only a mistake in this package can break, and then nothing that it counts is to be trusted. */
export function assert(condition: boolean, what: string): void {
  if (!condition) throw new QosError('ASSERTION_FAILED', `This should always hold: ${what}`)
}
