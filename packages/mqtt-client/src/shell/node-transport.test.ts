import { TransportError } from '@godwit/mqtt-transport'
import { expect, it } from 'vitest'
import { refuseForGood } from './node-transport.ts'
import { asMqttError } from './transport-error.ts'

const failureOf = (error: TransportError): unknown => {
  try {
    return refuseForGood(error)
  } catch (failure) {
    return asMqttError(failure)
  }
}

it('a package that is not installed is not waited for, a server that refuses is', () => {
  const missing = new TransportError('WS_NOT_INSTALLED', 'ws', 'ws is not installed')
  expect(failureOf(missing)).toMatchObject({
    code: 'TRANSPORT_FAILED',
    message: 'ws is not installed',
    phase: 'ws',
    retryable: false,
    cause: missing,
  })
  const refused = new TransportError('WEBSOCKET_REFUSED', 'ws', 'refused')
  expect(failureOf(refused)).toMatchObject({ code: 'TRANSPORT_FAILED', phase: 'ws', retryable: true, cause: refused })
})
