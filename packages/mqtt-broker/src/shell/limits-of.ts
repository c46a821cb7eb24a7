import { DEFAULT_LIMITS, type LimitName, LIMITS, type Limits } from '../core/limits.ts'
import type { Logger } from '../ports/logger.ts'
import type { Runtime } from '../ports/runtime.ts'
import { BrokerError } from './broker-error.ts'

/** Defaults with what was asked for; a name that is none, or a value that is no number, is a mistake to be told. */
export const limitsOf = (
  asked: Partial<Limits>,
  logger: Logger,
  runtime: Pick<Runtime, 'maximumConnections'>,
): Limits => {
  for (const [name, value] of Object.entries(asked)) {
    if (!Object.hasOwn(LIMITS, name)) throw new BrokerError('INVALID_LIMIT', `There is no limit "${name}".`)
    if (typeof value !== 'number' || Number.isNaN(value) || value < 0) {
      throw new BrokerError(
        'INVALID_LIMIT',
        `The limit ${name as LimitName} must be a number from 0 on, or Infinity; it is ${String(value)}.`,
      )
    }
  }
  if (asked.maximumConnections !== undefined) return { ...DEFAULT_LIMITS, ...asked }
  const maximumConnections = runtime.maximumConnections()
  logger.info({ maximumConnections }, 'as many connections as this process has descriptors for, less a reserve')
  return { ...DEFAULT_LIMITS, ...asked, maximumConnections }
}
