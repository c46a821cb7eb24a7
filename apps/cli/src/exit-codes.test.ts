import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBroker, type Broker, type BrokerOptions } from '@godwit/mqtt-broker'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { describe, expect, it } from 'vitest'
import { EXIT_CODE_TABLE, ExitCode, exitCodeOfConnack } from './exit-codes.ts'
import { runCommand, startCommand } from './testing/run-command.ts'
import { scriptedServer } from './testing/scripted-server.ts'

/** The broker, and the arguments that lead to it. */
async function broker(
  options?: BrokerOptions,
): Promise<{ broker: Broker; port: string; at: string[] } & AsyncDisposable> {
  const made = createBroker(options)
  const { port } = await made.listen('mqtt://127.0.0.1:0')
  return {
    broker: made,
    port: String(port),
    at: ['-h', '127.0.0.1', '-p', String(port)],
    [Symbol.asyncDispose]: () => made[Symbol.asyncDispose](),
  }
}

describe('exit codes of the process, against the broker', () => {
  it('0: a message from pub to sub', async () => {
    await using server = await broker()
    const sub = startCommand(['sub', ...server.at, '-t', 'hello', '-v', '-C', '1', '-d'])
    await sub.stderrHas('subscribed to hello')
    const pub = await runCommand(['pub', ...server.at, '-t', 'hello', '-m', 'GDGNatal'])
    expect(pub).toMatchObject({ exitCode: 0, stderr: '' })
    const { exitCode, stdout } = await sub.ended
    expect([exitCode, stdout.toString()]).toEqual([0, 'hello GDGNatal\n'])
  })

  it.each([
    ['5', 0x86, 134],
    ['5', 0x87, 135],
    ['5', 0x8a, 138],
    ['311', 0x86, 4],
    ['311', 0x87, 5],
    ['311', 0x88, 3],
    ['31', 0x87, 5],
  ])('CONNECT refused with -V %s and %i: %i', async (version, reasonCode, exitCode) => {
    await using server = await broker({ authenticate: () => ({ reasonCode }) })
    const outcome = await runCommand(['pub', ...server.at, '-V', version, '-t', 'a', '-m', 'x'])
    expect(outcome.exitCode).toBe(exitCode)
    expect(outcome.stderr).toMatch(/^mqtt: 127\.0\.0\.1:\d+ refused the connection: .*\n( {6}.*\n)?$/)
    expect(outcome.stdout).toHaveLength(0)
  })

  it('SUBSCRIBE refused: 135, in 3.1.1 128', async () => {
    await using server = await broker({ authorizeSubscribe: () => false })
    expect(await runCommand(['sub', ...server.at, '-t', 'a'])).toMatchObject({ exitCode: 135 })
    expect(await runCommand(['sub', ...server.at, '-t', 'a', '-V', '311'])).toMatchObject({ exitCode: 128 })
  })

  it('PUBLISH refused: 135 at QoS 1 and 2', async () => {
    await using server = await broker({ authorizePublish: () => false })
    for (const qos of ['1', '2']) {
      const outcome = await runCommand(['pub', ...server.at, '-t', 'a', '-m', 'x', '-q', qos])
      expect(outcome).toMatchObject({
        exitCode: 135,
        stderr: 'mqtt: the server refused the message: not authorized (0x87)\n',
      })
    }
  })

  it('disconnected by the server: its Reason Code', async () => {
    await using server = await broker()
    const sub = startCommand(['sub', ...server.at, '-i', 'me', '-t', 'a', '-d', '--no-reconnect'])
    await sub.stderrHas('subscribed to a')
    server.broker.disconnect('me', 0x98)
    expect(await sub.ended).toMatchObject({ exitCode: 0x98 })
  })

  it('27: nothing came within -W', async () => {
    await using server = await broker()
    const outcome = await runCommand(['sub', ...server.at, '-t', 'a', '-C', '1', '-W', '0.3'])
    expect(outcome).toMatchObject({ exitCode: 27, stderr: 'mqtt: time is up after 0.3 seconds (-W)\n' })
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s: %i, after DISCONNECT', async (signal, exitCode) => {
    await using server = await broker()
    const sub = startCommand(['sub', ...server.at, '-t', 'a', '-d', '--will-topic', 'w'])
    await sub.stderrHas('subscribed to a')
    sub.child.kill(signal)
    const outcome = await sub.ended
    expect(outcome.exitCode).toBe(exitCode)
    expect(outcome.stderr).toMatch(/-> UNSUBSCRIBE[^]*-> DISCONNECT 0x00\n$/)
  })

  it('0 when the reader of the output goes away: mqtt sub | head -1', async () => {
    await using server = await broker()
    const sub = startCommand(['sub', ...server.at, '-t', 'a', '-d'])
    await sub.stderrHas('subscribed to a')
    await server.broker.publish({ topicName: 'a', payload: '1' })
    await sub.stdoutHas('1\n')
    sub.child.stdout.destroy()
    const flood = setInterval(() => void server.broker.publish({ topicName: 'a', payload: 'x'.repeat(10_000) }), 5)
    expect(await sub.ended).toMatchObject({ exitCode: 0 })
    clearInterval(flood)
  })

  it('standard input goes through untouched', async () => {
    await using server = await broker()
    const bytes = Uint8Array.from({ length: 1024 }, (_, at) => at % 256)
    const sub = startCommand(['sub', ...server.at, '-t', 'a', '-N', '-C', '1', '-d', '-q', '2'])
    await sub.stderrHas('subscribed to a')
    expect(await runCommand(['pub', ...server.at, '-t', 'a', '-s', '-q', '2'], { input: bytes })).toMatchObject({
      exitCode: 0,
    })
    expect([...(await sub.ended).stdout]).toEqual([...bytes])
  })

  it('a kept Session: what came while away is printed first', async () => {
    await using server = await broker()
    const me = ['sub', ...server.at, '-i', 'me', '-c', '-q', '1', '-t', 'a']
    expect(await runCommand([...me, '-E'])).toMatchObject({ exitCode: 0 })
    for (const payload of ['1', '2', '3']) await server.broker.publish({ topicName: 'a', payload, qos: 1 })
    const outcome = await runCommand([...me, '-C', '2', '-W', '10'])
    expect([outcome.exitCode, outcome.stdout.toString()]).toEqual([0, '1\n2\n'])
    const rest = await runCommand([...me, '-C', '1', '-W', '10'])
    expect([rest.exitCode, rest.stdout.toString()]).toEqual([0, '3\n'])
  })
})

// One of them waits ten seconds for an answer to PINGREQ.
describe.concurrent('exit codes of the process, without a good server', () => {
  const pub = (...argv: string[]) => runCommand(['pub', '-t', 'a', '-m', 'x', ...argv])

  it('2: usage', async () => {
    expect(await runCommand(['pub', '-t', 'a', '--mesage', 'x'])).toMatchObject({
      exitCode: 2,
      stderr: "mqtt: unknown option '--mesage'\n      Did you mean --message?\n",
    })
  })

  it('14: nobody listens there', async () => {
    const { port } = await scriptedServer(() => false).then(async (server) => {
      await server[Symbol.asyncDispose]()
      return server
    })
    const outcome = await pub('-h', '127.0.0.1', '-p', String(port))
    expect(outcome.exitCode).toBe(14)
    expect(outcome.stderr).toMatch(
      /^mqtt: nobody listens at 127\.0\.0\.1:\d+: connection refused\n {6}is the server running\?/,
    )
  })

  it('20: unknown host', async () => {
    const outcome = await pub('-h', 'no-such-host.invalid')
    expect(outcome).toMatchObject({ exitCode: 20 })
    expect(outcome.stderr).toContain("unknown host 'no-such-host.invalid'")
  })

  it('14, 20, 8: mqtt sub, too, ends at once where it has never been connected', async () => {
    await using server = await scriptedServer(() => false)
    const sub = (...argv: string[]) => runCommand(['sub', '-t', 'a', '-W', '15', ...argv])
    const outcomes = await Promise.all([
      sub('-h', '127.0.0.1', '-p', '1'),
      sub('-h', 'no-such-host.invalid'),
      sub('-L', `mqtts://127.0.0.1:${server.port}`),
    ])
    expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([14, 20, 8])
    for (const { stderr } of outcomes) expect(stderr).not.toContain('trying again')
  })

  it('8: TLS to a port without it', async () => {
    await using server = await scriptedServer(() => false)
    const outcome = await pub('-L', `mqtts://127.0.0.1:${server.port}`)
    expect(outcome.exitCode).toBe(8)
    expect(outcome.stderr).toContain('no TLS connection')
  })

  it('21: something that is not MQTT', async () => {
    const http = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => http.once('listening', resolve))
    const outcome = await pub('-h', '127.0.0.1', '-p', String((http.address() as AddressInfo).port))
    http.close()
    expect(outcome.exitCode).toBe(21)
    expect(outcome.stderr).toContain('is this the port of an MQTT server?')
  })

  it('7: the connection is lost', async () => {
    await using server = await scriptedServer((packet, { hangUp }) => {
      if (packet.type === 'publish') hangUp()
      return packet.type === 'publish'
    })
    expect(await pub('-h', '127.0.0.1', '-p', String(server.port), '-q', '1')).toMatchObject({ exitCode: 7 })
  })

  it('19: the server stops answering', async () => {
    await using server = await scriptedServer((packet) => packet.type === 'pingreq')
    const outcome = await runCommand([
      'sub',
      '-t',
      'a',
      '-h',
      '127.0.0.1',
      '-p',
      String(server.port),
      '-k',
      '1',
      '--no-reconnect',
    ])
    expect(outcome).toMatchObject({ exitCode: 19 })
  })

  it('25: larger than the server takes; 10 or its Reason Code: what the server cannot do', async () => {
    await using server = await scriptedServer((packet, { send }) => {
      if (packet.type !== 'connect') return false
      send({
        type: 'connack',
        sessionPresent: false,
        reasonCode: 0,
        properties: { maximumPacketSizeBytes: 20, retainAvailable: false },
      })
      return true
    })
    const at = ['-h', '127.0.0.1', '-p', String(server.port)]
    const large = await runCommand(['pub', ...at, '-t', 'a', '-m', 'x'.repeat(100)])
    expect([ExitCode.tooLarge, 0x95]).toContain(large.exitCode)
    const retained = await runCommand(['pub', ...at, '-t', 'a', '-m', 'x', '-r'])
    expect([ExitCode.notSupported, 0x9a]).toContain(retained.exitCode)
  })

  it('27: no answer to CONNECT', async () => {
    await using server = await scriptedServer(() => true)
    expect(await pub('-h', '127.0.0.1', '-p', String(server.port), '-W', '0.3')).toMatchObject({ exitCode: 27 })
  })

  it('130: SIGINT before there is a connection', async () => {
    await using server = await scriptedServer(() => true)
    const running = startCommand(['sub', '-t', 'a', '-h', '127.0.0.1', '-p', String(server.port), '-d'])
    await running.stderrHas('-> CONNECT')
    running.child.kill('SIGINT')
    expect(await running.ended).toMatchObject({ exitCode: 130 })
  })

  it('mqtt --version names Godwit', async () => {
    const { exitCode, stdout } = await runCommand(['--version'])
    expect([exitCode, stdout.toString()]).toEqual([0, expect.stringMatching(/^mqtt \(Godwit\) \d/)])
  })
})

describeWithPeers(['openssl'], 'TLS', (openssl = '') => {
  function certificate(): { cert: string; key: string; file: string } {
    const directory = mkdtempSync(join(tmpdir(), 'mqtt-cli-'))
    const file = join(directory, 'cert.pem')
    const key = join(directory, 'key.pem')
    const argv = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
    ]
    execFileSync(openssl, [...argv, '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', file], {
      stdio: 'ignore',
    })
    return { cert: readFileSync(file, 'utf8'), key: readFileSync(key, 'utf8'), file }
  }

  it('8: a certificate that nobody vouches for; 0 with --cafile and with --insecure, also over WebSocket', async () => {
    const { cert, key, file } = certificate()
    await using made = createBroker()
    const mqtts = await made.listen({ url: 'mqtts://127.0.0.1:0', tls: { cert, key } })
    const wss = await made.listen({ url: 'wss://127.0.0.1:0/mqtt', tls: { cert, key } })
    for (const url of [`mqtts://localhost:${mqtts.port}`, `wss://localhost:${wss.port}/mqtt`]) {
      const pub = ['pub', '-L', url, '-t', 'a', '-m', 'x']
      const refused = await runCommand(pub)
      expect(refused.exitCode).toBe(8)
      expect(refused.stderr).toMatch(
        /no TLS connection to localhost:\d+: .*\n {6}trust its certificate authority with --cafile/,
      )
      expect(await runCommand([...pub, '--cafile', file])).toMatchObject({ exitCode: 0, stderr: '' })
      expect(await runCommand([...pub, '--insecure'])).toMatchObject({ exitCode: 0, stderr: '' })
    }
  })
})

describe('the table of exit codes', () => {
  it('has every code', () => {
    const documented = EXIT_CODE_TABLE.flatMap(([codes]) =>
      codes.split(', ').flatMap((code) => {
        const [from = 0, to = from] = code.split('-').map(Number)
        return Array.from({ length: to - from + 1 }, (_, at) => from + at)
      }),
    )
    for (const code of Object.values(ExitCode)) if (code !== ExitCode.internal) expect(documented).toContain(code)
  })

  it('gives Return Codes of 3.1.1 as they were sent', () => {
    expect([0x84, 0x85, 0x88, 0x86, 0x87].map((code) => exitCodeOfConnack(code, 4))).toEqual([1, 2, 3, 4, 5])
    expect(exitCodeOfConnack(0x87, 5)).toBe(0x87)
  })
})
