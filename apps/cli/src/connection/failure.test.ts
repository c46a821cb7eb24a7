import { MqttError, type ErrorCode } from '@godwit/mqtt-client'
import { describe, expect, it } from 'vitest'
import { CliError } from '../cli-error.ts'
import { describeReason, explainFailure } from './failure.ts'

const circumstances = { address: 'h:1883', protocolVersion: 5 }
const coded = (code: string, message = 'the cause'): Error => Object.assign(new TypeError(message), { code })

function explained(error: MqttError, protocolVersion = 5): CliError {
  const failure = explainFailure(error, { ...circumstances, protocolVersion })
  expect(CliError.isInstance(failure)).toBe(true)
  return failure as CliError
}

describe('failures of the connection', () => {
  it.each<[ErrorCode, number | undefined, number, RegExp]>([
    ['CONNECT_REFUSED', 0x86, 134, /h:1883 refused the connection: bad user name or password \(0x86\)/],
    ['CONNECT_REFUSED', 0x87, 135, /not authorized \(0x87\)/],
    ['AUTHENTICATION_FAILED', 0x8c, 140, /bad authentication method/],
    ['SUBSCRIBE_REFUSED', 0x8f, 143, /refused the subscription: topic filter invalid/],
    ['PUBLISH_REFUSED', 0x97, 151, /refused the message: quota exceeded/],
    ['SERVER_DISCONNECTED', 0x8e, 142, /ended the connection: session taken over/],
    ['SERVER_DISCONNECTED', 0, 7, /ended the connection/],
    ['SERVER_DISCONNECTED', undefined, 7, /no reason given/],
    ['KEEP_ALIVE_TIMEOUT', undefined, 19, /stopped answering/],
    ['MALFORMED_PACKET', undefined, 21, /does not speak MQTT/],
    ['PROTOCOL_ERROR', 0x82, 21, /does not speak MQTT/],
    ['PACKET_TOO_LARGE', undefined, 25, /./],
    ['NOT_SUPPORTED', undefined, 10, /./],
    ['NOT_SUPPORTED', 0x9b, 155, /./],
    ['INVALID_ARGUMENT', undefined, 2, /./],
    ['TIMEOUT', undefined, 27, /did not answer in time/],
    ['CONNECTION_LOST', undefined, 7, /was lost/],
  ])('%s with Reason Code %s is exit code %i', (code, reasonCode, exitCode, message) => {
    const failure = explained(new MqttError(code, 'as the client says', { reasonCode }))
    expect(failure.exitCode).toBe(exitCode)
    expect(failure.message).toMatch(message)
    expect(failure.message).not.toContain('\n')
  })

  it.each([
    [0x84, 1],
    [0x85, 2],
    [0x88, 3],
    [0x86, 4],
    [0x87, 5],
    [0x80, 128],
  ])('a CONNACK of 3.1.1 that means %i is exit code %i, the Return Code as it was sent', (reasonCode, exitCode) => {
    expect(explained(new MqttError('CONNECT_REFUSED', '', { reasonCode }), 4).exitCode).toBe(exitCode)
  })

  it.each([
    ['CONNECTION_REFUSED', 14, /nobody listens at h:1883/],
    ['HOST_NOT_FOUND', 20, /unknown host 'h'/],
    ['TLS_FAILED', 8, /no TLS connection to h:1883: the cause/],
    ['SELF_SIGNED_CERT_IN_CHAIN', 8, /no TLS/],
    ['TIMEOUT', 27, /did not answer/],
    ['WEBSOCKET_REFUSED', 14, /no WebSocket/],
    ['HOST_UNREACHABLE', 14, /cannot reach/],
    ['CONNECTION_RESET', 7, /was lost: the cause/],
    ['FAILED', 7, /was lost/],
  ])('a transport that says %s is exit code %i', (code, exitCode, message) => {
    const failure = explained(new MqttError('TRANSPORT_FAILED', 'no', { phase: 'tcp', cause: coded(code) }))
    expect(failure.exitCode).toBe(exitCode)
    expect(failure.message).toMatch(message)
  })

  it('a port without TLS is guessed', () => {
    const cause = coded('TLS_FAILED', 'ssl3_get_record:wrong version number')
    expect(explained(new MqttError('TRANSPORT_FAILED', '', { cause })).hint).toContain('without TLS')
  })

  it("a server's text cannot steer the terminal", () => {
    const { message } = explained(
      new MqttError('CONNECT_REFUSED', '', { reasonCode: 0x87, reasonString: 'no\u001b[2J\nway\u202e' }),
    )
    expect(message).toBe('h:1883 refused the connection: not authorized (0x87), "no\\x1b[2J\\nway\\u{202e}"')
  })

  it('anything else stays what it is', () => {
    const error = new RangeError('ours')
    expect(explainFailure(error, circumstances)).toBe(error)
  })

  it('an unknown Reason Code has its number', () => {
    expect(describeReason(0xf0)).toBe('unknown reason (0xF0)')
    expect(describeReason(0x9b)).toBe('QoS not supported (0x9B)')
  })
})
