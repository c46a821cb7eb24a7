import { describe, expect, it } from 'vitest'
import { TransportError } from './transport-error.ts'

describe('TransportError', () => {
  it('is recognised across copies of this package, and nothing else is', () => {
    const error = new TransportError('TIMEOUT', 'tcp', 'too late')
    // Another copy has another class, but the same registered symbol.
    const foreign = Object.defineProperty({}, Symbol.for('@godwit/mqtt-transport/TransportError'), { value: true })
    expect([error, foreign].map((value) => TransportError.isInstance(value))).toStrictEqual([true, true])
    const others = [new TypeError('too late'), { code: 'TIMEOUT' }, null, undefined, 'TIMEOUT']
    expect(others.map((value) => TransportError.isInstance(value))).toStrictEqual([false, false, false, false, false])
  })

  it('has a cause only where there is one', () => {
    expect('cause' in new TransportError('TIMEOUT', 'tcp', 'too late')).toBe(false)
    expect(new TransportError('TIMEOUT', 'tcp', 'too late', 'clock').cause).toBe('clock')
  })
})
