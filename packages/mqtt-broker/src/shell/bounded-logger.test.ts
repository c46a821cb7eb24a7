import { expect, it } from 'vitest'
import { boundedLogger } from './bounded-logger.ts'

it('hostile #133: a Client Identifier takes 128 characters of the log and no more', () => {
  const lines: [string, object, string][] = []
  const log = (level: string) => (fields: object, message: string) => void lines.push([level, fields, message])
  const logger = boundedLogger({ debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') })
  const short = { clientId: 'x'.repeat(128), reasonCode: 0x85 }
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    logger[level](short, 'as it is')
    logger[level]({ clientId: 'x'.repeat(65_000), reasonCode: 0x85 }, 'cut')
  }
  expect(lines.map(([level]) => level)).toEqual(['debug', 'debug', 'info', 'info', 'warn', 'warn', 'error', 'error'])
  for (const [, fields, message] of lines) {
    if (message === 'as it is') expect(fields).toBe(short)
    else expect(fields).toEqual({ clientId: `${'x'.repeat(128)}...`, reasonCode: 0x85 })
  }
})
