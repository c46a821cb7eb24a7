import { describe, expect, it } from 'vitest'
import { QosError } from './qos-error.ts'
import { SendQuota } from './send-quota.ts'

describe('SendQuota', () => {
  it('[MQTT-4.9.0-2] gives out what there is and no more', () => {
    const quota = new SendQuota(2)
    expect([quota.take(), quota.take(), quota.take()]).toEqual([true, true, false])
    expect(quota.available).toBe(0)
    quota.give()
    expect(quota.take()).toBe(true)
  })

  it('I8 is never lifted above its start', () => {
    const quota = new SendQuota(3)
    quota.give()
    expect(quota.available).toBe(3)
    quota.restart(2)
    quota.give()
    expect([quota.available, quota.start]).toEqual([2, 2])
  })

  it.each([
    [10, 65_535, 0, 10],
    [10, 4, 0, 4],
    [10, 4, 3, 1],
    [10, 4, 9, 0],
    [10, 0, 0, 1],
  ])(
    '[MQTT-4.9.0-1] own %i, new Receive Maximum %i, %i outstanding: %i',
    (own, receiveMaximum, outstanding, available) => {
      const quota = new SendQuota(own)
      quota.restart(receiveMaximum, outstanding)
      expect(quota.available).toBe(available)
    },
  )

  it('a later, larger Receive Maximum lifts it again, to the own limit', () => {
    const quota = new SendQuota(10)
    quota.restart(1)
    quota.restart(20)
    expect(quota.available).toBe(10)
  })

  it.each([0, 65_536, 2.5, Number.NaN])('refuses %s as an own limit, with a code', (limit) => {
    const refusal = caught(() => new SendQuota(limit))
    expect(refusal).toMatchObject({ code: 'RECEIVE_MAXIMUM_OUT_OF_RANGE', message: `not 1 to 65535: ${limit}` })
    expect(QosError.isInstance(refusal)).toBe(true)
  })
})

describe('QosError', () => {
  it('is known by its brand across copies of the package, and by nothing less', () => {
    expect(QosError.isInstance({ [Symbol.for('@godwit/mqtt-qos/QosError')]: true })).toBe(true)
    expect([undefined, null, 'QosError', {}, new TypeError('x')].some((value) => QosError.isInstance(value))).toBe(
      false,
    )
    const error = new QosError('PACKET_IDENTIFIER_OUT_OF_RANGE', 'text', { cause: 'reason' })
    expect([error.name, error.message, error.cause, Object.keys(error)]).toEqual([
      'QosError',
      'text',
      'reason',
      ['code', 'name'],
    ])
  })
})

function caught(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    return error
  }
}
