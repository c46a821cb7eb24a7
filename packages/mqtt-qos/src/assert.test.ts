import { expect, it } from 'vitest'
import { assert } from './assert.ts'

it('says what should always hold, where it does not, and nothing else', () => {
  expect(() => assert(true, 'one is one')).not.toThrow()
  expect(() => assert(false, 'one is one')).toThrow(
    expect.objectContaining({ code: 'ASSERTION_FAILED', message: 'This should always hold: one is one' }),
  )
})
