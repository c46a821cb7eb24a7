import { describe, expect, it } from 'vitest'
import { TransportError } from '../transport-error.ts'
import { hostAndPort, transportError } from './socket-errors.ts'

const failure = (code: string, message = `something ${code}`): Error => Object.assign(new TypeError(message), { code })

describe("Node's errors as ours", () => {
  it.each([
    { system: 'ECONNREFUSED', code: 'CONNECTION_REFUSED', phase: 'tcp' },
    { system: 'ECONNRESET', code: 'CONNECTION_RESET', phase: 'ws' },
    { system: 'ECONNABORTED', code: 'CONNECTION_RESET', phase: 'ws' },
    { system: 'EPIPE', code: 'CONNECTION_RESET', phase: 'ws' },
    { system: 'EADDRINUSE', code: 'ADDRESS_IN_USE', phase: 'tcp' },
    { system: 'EADDRNOTAVAIL', code: 'ADDRESS_NOT_AVAILABLE', phase: 'tcp' },
    { system: 'EACCES', code: 'PERMISSION_DENIED', phase: 'ws' },
    { system: 'EPERM', code: 'PERMISSION_DENIED', phase: 'ws' },
    { system: 'ENOTFOUND', code: 'HOST_NOT_FOUND', phase: 'dns' },
    { system: 'EAI_AGAIN', code: 'HOST_LOOKUP_FAILED', phase: 'dns' },
    { system: 'ETIMEDOUT', code: 'TIMEOUT', phase: 'ws' },
    { system: 'EHOSTUNREACH', code: 'HOST_UNREACHABLE', phase: 'tcp' },
    { system: 'ENETUNREACH', code: 'HOST_UNREACHABLE', phase: 'tcp' },
    { system: 'EMFILE', code: 'TOO_MANY_OPEN_FILES', phase: 'ws' },
    { system: 'DEPTH_ZERO_SELF_SIGNED_CERT', code: 'TLS_FAILED', phase: 'tls' },
    { system: 'ERR_TLS_CERT_ALTNAME_INVALID', code: 'TLS_FAILED', phase: 'tls' },
    { system: 'ERR_SSL_WRONG_VERSION_NUMBER', code: 'TLS_FAILED', phase: 'tls' },
    { system: 'EPROTO', code: 'TLS_FAILED', phase: 'tls' },
    { system: 'ERR_SOCKET_BAD_PORT', code: 'INVALID_OPTION', phase: 'ws' },
    { system: 'ESOMETHING', code: 'NETWORK_FAILED', phase: 'ws' },
  ])('$system is $code in the phase $phase', ({ system, code, phase }) => {
    const cause = failure(system)
    const error = transportError(cause, 'ws', 'connecting to example.org:1883')
    expect(error).toMatchObject({ name: 'TransportError', code, phase, cause })
    expect(error.message).toMatch(/^connecting to example\.org:1883 failed: /)
    expect(error.message).toContain(system)
  })

  it('names all addresses that were tried', () => {
    const attempts = ['::1', '127.0.0.1'].map((address) => Object.assign(failure('ECONNREFUSED'), { address }))
    const cause = Object.assign(new AggregateError(attempts), { code: 'ECONNREFUSED' })
    const error = transportError(cause, 'tcp', 'connecting to localhost:1883')
    expect(error.message).toBe(
      'connecting to localhost:1883 failed: nothing listens there at ::1 and 127.0.0.1 (ECONNREFUSED)',
    )
  })

  it.each([
    { cause: 'text', text: 'text' },
    { cause: null, text: 'null' },
    { cause: new TypeError('plain'), text: 'plain' },
    { cause: failure('X', 'coded'), text: 'coded (X)' },
    { cause: Object.assign(new TypeError('odd'), { code: 7 }), text: 'odd' },
  ])('anything thrown has a message: $text', ({ cause, text }) => {
    expect(transportError(cause, 'tcp', 'connecting').message).toBe(`connecting failed: ${text}`)
  })

  it('leaves ours as they are', () => {
    const error = new TransportError('ABORTED', 'dns', 'enough')
    expect(transportError(error, 'ws', 'connecting')).toBe(error)
  })

  it('writes addresses as URLs do', () => {
    expect([hostAndPort('::1', 1), hostAndPort('127.0.0.1', 2), hostAndPort('a', 3)]).toStrictEqual([
      '[::1]:1',
      '127.0.0.1:2',
      'a:3',
    ])
  })
})
