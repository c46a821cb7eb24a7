import { encode, type PublishPacket } from '@godwit/mqtt-codec'
import { describe, expect, it } from 'vitest'
import { palette } from '../output/colour.ts'
import { FakeOutput } from '../testing/fake-terminal.ts'
import { comparison } from './comparison.ts'
import { httpRequest } from './http-request.ts'

const plain = palette({ environment: {} }, new FakeOutput())
const packet = (payload: string, more: Partial<PublishPacket> = {}): PublishPacket => ({
  type: 'publish',
  topicName: 'hello',
  payload: Buffer.from(payload),
  qos: 0,
  retain: false,
  dup: false,
  ...more,
})

describe('what a message costs, beside HTTP', () => {
  it('shows the request, and adds up', () => {
    const message = packet('GDGNatal')
    const bytes = encode(message, 4).length
    const text = comparison(message, bytes, plain)
    expect(text).toContain(
      '  POST /hello HTTP/1.1\n  Host: localhost\n  Content-Type: text/plain\n  Content-Length: 8\n\n  GDGNatal\n',
    )
    const row = (name: string): number[] =>
      [...(new RegExp(`${name} +(\\d+) +(\\d+)`).exec(text) ?? [])].slice(1).map(Number)
    const http = httpRequest(message).lengthBytes
    expect(row('payload')).toEqual([8, 8])
    expect(row('everything else')).toEqual([bytes - 8, http - 8])
    expect(row('sent')).toEqual([bytes, http])
    expect(row('answer, at least')).toEqual([0, 27])
    expect(text).toContain(`HTTP sends ${(http / bytes).toFixed(1)} times as much`)
    expect(text).toContain('Not counted: TCP, TLS')
  })

  it.each([
    [1, 4],
    [2, 12],
  ] as const)('QoS %i is answered with %i bytes', (qos, bytes) => {
    expect(comparison(packet('x', { qos, packetId: 1 }), 12, plain)).toMatch(
      new RegExp(`answer, at least +${bytes} +27`),
    )
  })

  it('shows a long or dangerous payload in part, as text', () => {
    const text = comparison(packet(`\u001b[2J${'x'.repeat(100)}`), 200, plain)
    expect(text).not.toContain('\u001b')
    expect(text).toContain('xxx...\n')
    expect(comparison(packet(''), 9, plain)).toContain('Content-Length: 0\n\n')
  })
})
