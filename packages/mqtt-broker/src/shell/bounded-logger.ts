import type { Logger } from '../ports/logger.ts'

const MAXIMUM_CHARACTERS = 128

/** What a peer has chosen, such as its Client Identifier, takes so many characters of a line of the log and no more. */
export const boundedLogger = (logger: Logger): Logger => ({
  debug: (fields, message) => logger.debug(bounded(fields), message),
  info: (fields, message) => logger.info(bounded(fields), message),
  warn: (fields, message) => logger.warn(bounded(fields), message),
  error: (fields, message) => logger.error(bounded(fields), message),
})

/** The same object, unless there is something to cut. */
const bounded = (fields: object): object => {
  const entries = Object.entries(fields)
  if (!entries.some(([, value]) => isTooLong(value))) return fields
  return Object.fromEntries(
    entries.map(([name, value]) => [name, isTooLong(value) ? `${value.slice(0, MAXIMUM_CHARACTERS)}...` : value]),
  )
}

const isTooLong = (value: unknown): value is string => typeof value === 'string' && value.length > MAXIMUM_CHARACTERS
