import { describe, expect, it } from 'vitest'
import type { Packet, PublishPacket } from '@godwit/mqtt-codec'
import { run } from '../program.ts'
import { FakeTerminal } from '../testing/fake-terminal.ts'
import { scriptedServer, type Peer, type ScriptedServer } from '../testing/scripted-server.ts'

const message = (
  topicName: string,
  payload: string | Uint8Array,
  more: Partial<PublishPacket> = {},
): PublishPacket => ({
  type: 'publish',
  topicName,
  payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
  qos: 0,
  retain: false,
  dup: false,
  ...more,
})

/** Sends these right behind the SUBACK. */
const sending = (...packets: readonly Packet[]): Promise<ScriptedServer> =>
  scriptedServer((packet, peer) => {
    if (packet.type !== 'subscribe') return false
    peer.send({ type: 'suback', packetId: packet.packetId, reasonCodes: packet.subscriptions.map(() => 2) })
    for (const each of packets) peer.send(each)
    return true
  })

async function sub(
  server: ScriptedServer,
  argv: string[],
  terminal = new FakeTerminal(),
): Promise<{ exitCode: number; out: string; err: string; bytes: Buffer }> {
  const exitCode = await run(['sub', '-h', '127.0.0.1', '-p', String(server.port), ...argv], terminal)
  expect(terminal.leftovers).toBe(0)
  return {
    exitCode,
    out: terminal.stdout.text,
    err: terminal.stderr.text,
    bytes: Buffer.concat(terminal.stdout.chunks),
  }
}

describe('mqtt sub: output', () => {
  it('prints payloads as bytes, one to a line, and nothing for an empty one', async () => {
    await using server = await sending(message('a', Uint8Array.of(0xff, 0, 0x80)), message('a', ''), message('a', 'x'))
    const { exitCode, bytes, err } = await sub(server, ['-t', 'a', '-C', '3'])
    expect([exitCode, err]).toEqual([0, ''])
    expect([...bytes]).toEqual([0xff, 0, 0x80, 0x0a, 0x78, 0x0a])
  })

  it.each([
    [['-v'], 'a/b hello\nc (null)\n'],
    [['-N'], 'hello'],
    [['-v', '-N'], 'a/b helloc (null)'],
    [['-F', '%t=%p'], 'a/b=hello\nc=\n'],
    [['-NF', String.raw`%l\t`], '5\t0\t'],
    [['-F', '%m/%q'], '/0\n/0\n'],
  ])('%j', async (argv, out) => {
    await using server = await sending(message('a/b', 'hello'), message('c', ''))
    expect(await sub(server, ['-t', '#', '-C', '2', ...argv])).toMatchObject({ exitCode: 0, out, err: '' })
  })

  it('--json is one line for each message', async () => {
    await using server = await sending(
      message('a', 'x', {
        qos: 1,
        packetId: 7,
        retain: true,
        properties: { userProperties: [['k', 'v']], topicAlias: 1 },
      }),
      message('', Uint8Array.of(0xff), { qos: 2, packetId: 8, properties: { topicAlias: 1 } }),
    )
    const { exitCode, out } = await sub(server, ['-t', 'a', '-q', '2', '-C', '2', '--json'])
    expect(exitCode).toBe(0)
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      {
        topic: 'a',
        qos: 1,
        retain: 1,
        payloadlen: 1,
        mid: 7,
        payload: 'x',
        properties: { 'user-properties': [{ k: 'v' }] },
      },
      { topic: 'a', qos: 2, mid: 8, payload: null, payload_b64: '/w==' },
    ])
  })

  it('%J of what is no JSON is said on standard error, and the others go on', async () => {
    await using server = await sending(message('a', 'no'), message('b', '[1]'))
    const { exitCode, out, err } = await sub(server, ['-t', '#', '-C', '2', '-F', '%J'])
    expect(exitCode).toBe(0)
    expect(err).toBe('mqtt: the payload on a is not valid JSON (-F %J): not printed\n')
    expect(out).toMatch(/"payload":\[1\]\}\n$/)
  })
})

describe('mqtt sub: what it asks for', () => {
  it('sends filters and options', async () => {
    await using server = await sending()
    const argv = [
      '-t',
      'a/#',
      '-t',
      'b',
      'c/+',
      '-q',
      '1',
      '-E',
      '--no-local',
      '--retain-as-published',
      '--retain-handling',
      'new',
    ]
    expect(await sub(server, [...argv, '-D', 'subscribe', 'user-property', 'k', 'v'])).toMatchObject({
      exitCode: 0,
      out: '',
      err: '',
    })
    const options = { qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 1 }
    expect(server.received).toMatchObject([
      { type: 'connect', cleanStart: true },
      {
        type: 'subscribe',
        subscriptions: ['a/#', 'b', 'c/+'].map((topicFilter) => ({ topicFilter, ...options })),
        properties: { userProperties: [['k', 'v']] },
      },
      { type: 'disconnect' },
    ])
  })

  it('-L names server and filter', async () => {
    await using server = await sending()
    expect(await run(['sub', '-L', `mqtt://127.0.0.1:${server.port}/a/#`, '-E'], new FakeTerminal())).toBe(0)
    expect(server.received[1]).toMatchObject({ subscriptions: [{ topicFilter: 'a/#' }] })
  })

  it('-U unsubscribes, alone or before subscribing', async () => {
    await using server = await sending()
    expect(await sub(server, ['-i', 'me', '-c', '-U', 'old', '-U', 'older', '-E'])).toMatchObject({ exitCode: 0 })
    expect(server.received[1]).toMatchObject({ type: 'unsubscribe', topicFilters: ['old', 'older'] })
  })
})

describe('mqtt sub: which messages', () => {
  const live = message('live', '1')
  const retained = message('kept', '2', { retain: true })

  it('-T leaves out, and does not count', async () => {
    await using server = await sending(message('a/x', '1'), message('b', '2'), message('a/y', '3'))
    expect(await sub(server, ['-t', '#', '-T', 'a/x', '-C', '2'])).toMatchObject({ exitCode: 0, out: '2\n3\n' })
  })

  it('-R leaves retained ones out', async () => {
    await using server = await sending(retained, live)
    expect(await sub(server, ['-t', '#', '-R', '-C', '1'])).toMatchObject({ exitCode: 0, out: '1\n' })
  })

  it('--retained-only ends at the first other one', async () => {
    await using server = await sending(retained, live, retained)
    expect(await sub(server, ['-t', '#', '--retained-only'])).toMatchObject({ exitCode: 0, out: '2\n' })
  })

  it('--remove-retained deletes what it prints', async () => {
    await using server = await sending(retained, live)
    expect(await sub(server, ['-t', '#', '--remove-retained', '-C', '2'])).toMatchObject({ exitCode: 0, out: '2\n1\n' })
    expect(server.received.filter(({ type }) => type === 'publish')).toMatchObject([
      { topicName: 'kept', retain: true, payload: new Uint8Array(0) },
    ])
  })

  it('acknowledges after printing, and only what was printed', async () => {
    await using server = await sending(
      ...[1, 2, 3].map((packetId) => message('a', String(packetId), { qos: 1, packetId })),
    )
    expect(await sub(server, ['-t', 'a', '-q', '1', '-C', '2'])).toMatchObject({ exitCode: 0, out: '1\n2\n' })
    expect(server.received.filter(({ type }) => type === 'puback')).toMatchObject([{ packetId: 1 }, { packetId: 2 }])
  })

  it('does not acknowledge what the reader of its output did not take', async () => {
    await using server = await sending(message('a', '1', { qos: 1, packetId: 1 }))
    const terminal = new FakeTerminal()
    terminal.stdout.failure = Object.assign(new TypeError('write EPIPE'), { code: 'EPIPE' })
    expect(await sub(server, ['-t', 'a', '-q', '1'], terminal)).toMatchObject({ exitCode: 0, out: '', err: '' })
    expect(server.received.some(({ type }) => type === 'puback')).toBe(false)
  })

  it('prints what a resumed Session brings right behind the CONNACK', async () => {
    await using server = await scriptedServer((packet, { send }) => {
      if (packet.type !== 'connect') return false
      send({ type: 'connack', sessionPresent: true, reasonCode: 0 })
      send(message('left/over', 'early', { qos: 1, packetId: 9 }))
      return true
    })
    expect(await sub(server, ['-i', 'me', '-c', '-q', '1', '-t', 'a', '-v', '-C', '1'])).toMatchObject({
      exitCode: 0,
      out: 'left/over early\n',
    })
    expect(server.received.filter(({ type }) => type === 'puback')).toMatchObject([{ packetId: 9 }])
  })
})

describe('mqtt sub: how it ends', () => {
  it('SIGINT: unsubscribes, disconnects, 130', async () => {
    const terminal = new FakeTerminal()
    await using server = await scriptedServer((packet) => {
      if (packet.type === 'subscribe') setImmediate(() => setImmediate(() => terminal.raise('SIGINT')))
      return false
    })
    expect(await sub(server, ['-t', 'a'], terminal)).toMatchObject({ exitCode: 130, err: '' })
    expect(server.received.map(({ type }) => type)).toEqual(['connect', 'subscribe', 'unsubscribe', 'disconnect'])
  })

  it('SIGTERM with a kept Session: disconnects and keeps the subscription, 143', async () => {
    const terminal = new FakeTerminal()
    await using server = await scriptedServer((packet) => {
      if (packet.type === 'subscribe') setImmediate(() => setImmediate(() => terminal.raise('SIGTERM')))
      return false
    })
    expect(await sub(server, ['-t', 'a', '-i', 'me', '-c'], terminal)).toMatchObject({ exitCode: 143 })
    expect(server.received.map(({ type }) => type)).toEqual(['connect', 'subscribe', 'disconnect'])
  })

  it('-W: 27, also when messages came', async () => {
    await using server = await sending(message('a', '1'))
    const { exitCode, out, err } = await sub(server, ['-t', 'a', '-C', '2', '-W', '0.2'])
    expect([exitCode, out, err]).toEqual([27, '1\n', 'mqtt: time is up after 0.2 seconds (-W)\n'])
  })

  it('all filters refused: the Reason Code', async () => {
    await using server = await scriptedServer((packet, { send }) => {
      if (packet.type !== 'subscribe') return false
      send({ type: 'suback', packetId: packet.packetId, reasonCodes: packet.subscriptions.map(() => 0x87) })
      return true
    })
    const { exitCode, err } = await sub(server, ['-t', 'a', '-t', 'b'])
    expect([exitCode, err]).toEqual([135, 'mqtt: the server refused the subscription: not authorized (0x87)\n'])
  })

  it('one of two refused: the other goes on, and the end says so', async () => {
    await using server = await scriptedServer((packet, { send }: Peer) => {
      if (packet.type !== 'subscribe') return false
      send({ type: 'suback', packetId: packet.packetId, reasonCodes: [0x8f, 0] })
      send(message('b', '1'))
      return true
    })
    const { exitCode, out, err } = await sub(server, ['-t', 'a', '-t', 'b', '-C', '1'])
    expect([exitCode, out]).toEqual([143, '1\n'])
    expect(err).toBe('mqtt: the server refused the subscription to a: topic filter invalid (0x8F)\n')
  })

  it('--no-reconnect: a lost connection is 7', async () => {
    await using server = await scriptedServer((packet, { hangUp }) => {
      if (packet.type === 'subscribe') hangUp()
      return packet.type === 'subscribe'
    })
    const { exitCode, err } = await sub(server, ['-t', 'a', '--no-reconnect'])
    expect(exitCode).toBe(7)
    expect(err).toMatch(/^mqtt: .*lost/)
  })

  it('a DISCONNECT of the server is its Reason Code', async () => {
    await using server = await scriptedServer((packet, { send }) => {
      if (packet.type !== 'subscribe') return false
      send({ type: 'suback', packetId: packet.packetId, reasonCodes: [0] })
      send({ type: 'disconnect', reasonCode: 0x98 })
      return true
    })
    const { exitCode, err } = await sub(server, ['-t', 'a', '--no-reconnect'])
    expect(exitCode).toBe(0x98)
    expect(err).toContain('administrative action (0x98)')
  })

  it('comes back after a lost connection, and says so', async () => {
    let connections = 0
    await using server = await scriptedServer((packet, { send, hangUp }) => {
      if (packet.type === 'connect') connections++
      if (packet.type !== 'subscribe') return false
      send({ type: 'suback', packetId: packet.packetId, reasonCodes: [0] })
      if (connections === 1) hangUp()
      else send(message('a', 'after'))
      return true
    })
    const { exitCode, out, err } = await sub(server, ['-t', 'a', '-C', '1'])
    expect([exitCode, out]).toEqual([0, 'after\n'])
    expect(err).toMatch(/trying again in \d+\.\d s\n$/)
  })
})
