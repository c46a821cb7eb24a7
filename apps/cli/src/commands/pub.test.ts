import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PublishPacket } from '@godwit/mqtt-codec'
import { run } from '../program.ts'
import { FakeTerminal } from '../testing/fake-terminal.ts'
import { scriptedServer, type ScriptedServer } from '../testing/scripted-server.ts'

const published = ({ received }: ScriptedServer): PublishPacket[] =>
  received.filter((packet) => packet.type === 'publish')
const polite = (): Promise<ScriptedServer> => scriptedServer(() => false)

async function pub(
  server: ScriptedServer,
  argv: string[],
  terminal = new FakeTerminal(),
): Promise<{ exitCode: number; err: string }> {
  const exitCode = await run(['pub', '-h', '127.0.0.1', '-p', String(server.port), ...argv], terminal)
  expect(terminal.stdout.text).toBe('')
  expect(terminal.leftovers).toBe(0)
  return { exitCode, err: terminal.stderr.text }
}

describe('mqtt pub', () => {
  it.each([
    [['-t', 'a/b', '-m', 'hello'], { topicName: 'a/b', text: 'hello', qos: 0, retain: false }],
    [['a/b', 'hello'], { topicName: 'a/b', text: 'hello', qos: 0, retain: false }],
    [['-t', 'a/b', 'hello'], { topicName: 'a/b', text: 'hello', qos: 0, retain: false }],
    [['a/b', '-m', '-5'], { topicName: 'a/b', text: '-5', qos: 0, retain: false }],
    [['-t', 'a', '-m', '', '-r'], { topicName: 'a', text: '', qos: 0, retain: true }],
    [['-t', 'a', '-n', '-rq', '1'], { topicName: 'a', text: '', qos: 1, retain: true }],
    [['--topic=a', '--message=x=y', '--qos=2', '--retain'], { topicName: 'a', text: 'x=y', qos: 2, retain: true }],
  ])('%j', async (argv, { text, ...expected }) => {
    await using server = await polite()
    expect(await pub(server, argv)).toEqual({ exitCode: 0, err: '' })
    expect(published(server)).toMatchObject([expected])
    expect(Buffer.from(published(server)[0]?.payload ?? []).toString()).toBe(text)
    expect(server.received.at(-1)).toMatchObject({ type: 'disconnect', reasonCode: 0 })
  })

  it('sends what the connection options say', async () => {
    await using server = await polite()
    const directory = mkdtempSync(join(tmpdir(), 'mqtt-cli-'))
    writeFileSync(join(directory, 'password'), 'from file\nsecond line\n')
    const argv = [
      ...['-i', 'me', '-u', 'user', '--password-file', join(directory, 'password'), '-k', '7', '-c', '-M', '5'],
      ...['--will-topic', 'w', '--will-message', 'gone', '--will-qos', '1', '--will-retain'],
      ...['-D', 'will', 'will-delay-interval', '3', '-D', 'connect', 'user-property', 'k', 'v'],
      ...[
        '-D',
        'publish',
        'content-type',
        'text/plain',
        '-D',
        'publish',
        'user-property',
        'a',
        'b',
        '-D',
        'publish',
        'user-property',
        'a',
        'b',
      ],
      ...['-D', 'disconnect', 'session-expiry-interval', '9', '-t', 'a', '-m', 'x'],
    ]
    expect(await pub(server, argv)).toEqual({ exitCode: 0, err: '' })
    expect(server.received).toMatchObject([
      {
        type: 'connect',
        protocolVersion: 5,
        clientId: 'me',
        username: 'user',
        password: new TextEncoder().encode('from file'),
        keepAliveSeconds: 7,
        cleanStart: false,
        properties: { sessionExpiryIntervalSeconds: 0xffff_ffff, receiveMaximum: 5, userProperties: [['k', 'v']] },
        will: {
          topicName: 'w',
          payload: new TextEncoder().encode('gone'),
          qos: 1,
          retain: true,
          properties: { willDelayIntervalSeconds: 3 },
        },
      },
      {
        type: 'publish',
        properties: {
          contentType: 'text/plain',
          userProperties: [
            ['a', 'b'],
            ['a', 'b'],
          ],
        },
      },
      { type: 'disconnect', properties: { sessionExpiryIntervalSeconds: 9 } },
    ])
  })

  it('takes server and password from the environment, and flags win', async () => {
    await using server = await polite()
    const environment = { MQTT_URL: `mqtt://me@127.0.0.1:${server.port}`, MQTT_PASSWORD: 'secret' }
    expect(await run(['pub', '-t', 'a', '-m', 'x'], new FakeTerminal({ environment }))).toBe(0)
    expect(
      await run(['pub', '-t', 'a', '-m', 'x', '-u', 'you', '-P', 'other'], new FakeTerminal({ environment })),
    ).toBe(0)
    const connects = server.received.filter((packet) => packet.type === 'connect')
    expect(connects.map(({ username, password }) => [username, Buffer.from(password ?? []).toString()])).toEqual([
      ['me', 'secret'],
      ['you', 'other'],
    ])
  })

  it('-L names server and topic', async () => {
    await using server = await polite()
    expect(await run(['pub', '-L', `mqtt://127.0.0.1:${server.port}/a/b`, '-m', 'x'], new FakeTerminal())).toBe(0)
    expect(published(server)).toMatchObject([{ topicName: 'a/b' }])
  })

  it('-s sends standard input byte by byte as it is', async () => {
    await using server = await polite()
    const input = [Uint8Array.of(0, 0xff), Uint8Array.of(0x0a, 0x20)]
    expect(await pub(server, ['-t', 'a', '-s'], new FakeTerminal({ input }))).toEqual({ exitCode: 0, err: '' })
    expect(published(server).map(({ payload }) => [...payload])).toEqual([[0, 0xff, 0x0a, 0x20]])
  })

  it('-l sends each line, in order, never more than -M unacknowledged', async () => {
    let unacknowledged = 0
    let most = 0
    await using server = await scriptedServer((packet, { send }) => {
      if (packet.type !== 'publish') return false
      most = Math.max(most, ++unacknowledged)
      setImmediate(() => {
        unacknowledged--
        send({ type: 'puback', packetId: packet.packetId ?? 0, reasonCode: 0 })
      })
      return true
    })
    const numbers = Array.from({ length: 50 }, (_, at) => String(at))
    const terminal = new FakeTerminal({ input: [numbers.join('\n')] })
    expect(await pub(server, ['-t', 'a', '-l', '-q', '1', '-M', '3'], terminal)).toEqual({ exitCode: 0, err: '' })
    expect(published(server).map(({ payload }) => Buffer.from(payload).toString())).toEqual(numbers)
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(3)
  })

  it('a refused line does not stop the others, and its Reason Code is the exit code', async () => {
    await using server = await scriptedServer((packet, { send }) => {
      if (packet.type !== 'publish' || packet.payload[0] !== 0x62) return false
      send({ type: 'puback', packetId: packet.packetId ?? 0, reasonCode: 0x97 })
      return true
    })
    const { exitCode, err } = await pub(
      server,
      ['-t', 't', '-l', '-q', '1'],
      new FakeTerminal({ input: ['a\nb\nc\n'] }),
    )
    expect(exitCode).toBe(0x97)
    expect(err).toContain('mqtt: line 2: the server refused the message: quota exceeded (0x97)')
    expect(published(server)).toHaveLength(3)
  })

  it('-l ends when the server goes, though the input stays open', async () => {
    await using server = await scriptedServer((packet, { hangUp }) => {
      if (packet.type === 'publish') hangUp()
      return packet.type === 'publish'
    })
    const terminal = new FakeTerminal()
    terminal.stdin = (async function* () {
      yield 'first\n'
      await new Promise(() => undefined)
    })()
    const { exitCode, err } = await pub(server, ['-t', 't', '-l'], terminal)
    expect(exitCode).toBe(7)
    expect(err).toContain('lost')
  })

  it.each([
    ['puback', 1, 0x87, 'not authorized (0x87)'],
    ['pubrec', 2, 0x99, 'payload format invalid (0x99)'],
  ] as const)('a %s that refuses is the exit code', async (type, qos, reasonCode, text) => {
    await using server = await scriptedServer((packet, { send }) => {
      if (packet.type !== 'publish') return false
      send({ type, packetId: packet.packetId ?? 0, reasonCode })
      return true
    })
    const { exitCode, err } = await pub(server, ['-t', 'a', '-m', 'x', '-q', String(qos)])
    expect(exitCode).toBe(reasonCode)
    expect(err).toBe(`mqtt: the server refused the message: ${text}\n`)
  })

  it('"no matching subscribers" is no failure', async () => {
    await using server = await scriptedServer((packet, { send }) => {
      if (packet.type !== 'publish') return false
      send({ type: 'puback', packetId: packet.packetId ?? 0, reasonCode: 0x10 })
      return true
    })
    expect(await pub(server, ['-t', 'a', '-m', 'x', '-q', '1'])).toEqual({ exitCode: 0, err: '' })
  })

  it.each([
    ['a CONNACK of 5.0', (version: number) => version === 5],
    ['nothing but the end', () => false],
  ])('falls back to 3.1.1 with one line where the server answers 5.0 with %s', async (_, sendsConnack) => {
    await using server = await scriptedServer((packet, { send, sendBytes, hangUp }) => {
      if (packet.type !== 'connect' || packet.protocolVersion < 5) return false
      if (sendsConnack(packet.protocolVersion)) send({ type: 'connack', sessionPresent: false, reasonCode: 0x84 })
      // Return Code 1 in the form of 3.1.1, as an old server sends it.
      else sendBytes(Uint8Array.of(0x20, 0x02, 0x00, 0x01))
      hangUp.call(undefined)
      return true
    })
    const { exitCode, err } = await pub(server, ['-t', 'a', '-m', 'x'])
    expect(exitCode).toBe(0)
    expect(err).toMatch(/^mqtt: .* does not know MQTT 5\.0; this is 3\.1\.1 .*\n$/)
    expect(published(server)).toHaveLength(1)
    expect(await pub(server, ['-t', 'a', '-m', 'x', '--quiet'])).toEqual({ exitCode: 0, err: '' })
    const { exitCode: insisting } = await pub(server, ['-t', 'a', '-m', 'x', '-V', '5'])
    expect(insisting).toBeGreaterThan(0)
  })

  it.each([
    ['31', 3],
    ['311', 4],
    ['5', 5],
  ])('-V %s speaks that version', async (text, protocolVersion) => {
    await using server = await polite()
    expect(await pub(server, ['-t', 'a', '-m', 'x', '-V', text])).toEqual({ exitCode: 0, err: '' })
    expect(server.received[0]).toMatchObject({ protocolVersion })
  })

  it('-d tells every packet on standard error', async () => {
    await using server = await polite()
    const { err } = await pub(server, ['-t', 'a', '-m', 'x', '-q', '2', '-r', '-d'])
    expect(err).toContain('-> PUBLISH a QoS 2 RETAIN id 1, 1 bytes\n')
    expect(err).toContain('<- PUBREC id 1 0x00\n')
    expect(err).toContain('-> DISCONNECT 0x00\n')
  })
})
