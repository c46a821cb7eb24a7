import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { httpRequest, SMALLEST_ANSWER } from './http-request.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const bytesOf = ({ head, payload }: ReturnType<typeof httpRequest>): Buffer =>
  Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), payload])

describe('the same message as an HTTP request', () => {
  it('is the smallest honest POST', () => {
    const request = httpRequest({ topicName: 'a/b c', payload: text('GDGNatal') })
    expect(request.head).toEqual([
      'POST /a/b%20c HTTP/1.1',
      'Host: localhost',
      'Content-Type: text/plain',
      'Content-Length: 8',
    ])
    expect(request.lengthBytes).toBe(bytesOf(request).length)
  })

  it('says what it sends: bytes, an own Content Type, User Properties', () => {
    expect(httpRequest({ topicName: 't', payload: Uint8Array.of(0xff) }).head).toContain(
      'Content-Type: application/octet-stream',
    )
    const { head } = httpRequest({
      topicName: 't',
      payload: text('x'),
      properties: {
        contentType: 'a/b',
        userProperties: [
          ['na me', 'é\r\nX: 1'],
          ['', 'v'],
        ],
      },
    })
    expect(head.slice(2)).toEqual(['Content-Type: a/b', 'Content-Length: 1', 'na%20me: %C3%A9%0D%0AX: 1', '-: v'])
  })

  it('an empty payload needs no type', () => {
    expect(httpRequest({ topicName: 't', payload: new Uint8Array(0) }).head).toEqual([
      'POST /t HTTP/1.1',
      'Host: localhost',
      'Content-Length: 0',
    ])
  })

  it('is understood by a real HTTP server, whose smallest answer is no shorter than ours', async () => {
    const request = httpRequest({
      topicName: 'a/b',
      payload: text('hello'),
      properties: { userProperties: [['k', 'v']] },
    })
    let seen: unknown
    const server = createServer((incoming, response) => {
      const parts: Buffer[] = []
      incoming.on('data', (part: Buffer) => parts.push(part))
      incoming.on('end', () => {
        seen = {
          url: incoming.url,
          method: incoming.method,
          k: incoming.headers['k'],
          body: Buffer.concat(parts).toString(),
        }
        response.sendDate = false
        response.writeHead(204, { connection: 'close' }).end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.write(bytesOf(request))
    const answer: Buffer[] = []
    for await (const part of socket) answer.push(part as Buffer)
    server.close()
    expect(seen).toEqual({ url: '/a/b', method: 'POST', k: 'v', body: 'hello' })
    expect(Buffer.concat(answer).toString()).toMatch(/^HTTP\/1\.1 204 No Content\r\n/)
    expect(Buffer.concat(answer).length).toBeGreaterThanOrEqual(SMALLEST_ANSWER.length)
  })
})
