import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@godwit/vitest-preset/loopback'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { expect, it } from 'vitest'
import { runCommand, startCommand } from './testing/run-command.ts'

/** Debian's mosquitto on a port of its own, until the test is over. */
async function mosquitto(path: string, ...settings: string[]): Promise<{ at: string[] } & AsyncDisposable> {
  const port = await freePort()
  const configuration = join(mkdtempSync(join(tmpdir(), 'mqtt-cli-')), 'mosquitto.conf')
  writeFileSync(configuration, [`listener ${port} 127.0.0.1`, 'user root', ...settings, ''].join('\n'))
  const child = spawn(path, ['-c', configuration], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    let log = ''
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString()
      if (/version .* running/.test(log)) resolve()
    })
    child.once('exit', () => reject(new TypeError(`mosquitto ended: ${log}`)))
  })
  return {
    at: ['-h', '127.0.0.1', '-p', String(port)],
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await ended
    },
  }
}

/** Runs a program of theirs to its end. */
async function runPeer(path: string, argv: string[]): Promise<{ exitCode: number | null; stdout: string }> {
  const child = spawn(path, argv, { env: { ...process.env, TZ: 'UTC' } })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { exitCode, stdout }
}

describeWithPeers(['mosquitto'], 'mqtt against mosquitto', (path = '') => {
  it.each(['31', '311', '5'])('pub and sub in version %s, at each QoS, retained and with a will', async (version) => {
    await using server = await mosquitto(path, 'allow_anonymous true')
    const at = [...server.at, '-V', version]
    const sub = startCommand([
      'sub',
      ...at,
      '-i',
      'watcher',
      '-t',
      'a/#',
      '-t',
      'will',
      '-q',
      '2',
      '-F',
      '%t %p %q %r',
      '-C',
      '4',
      '-d',
    ])
    await sub.stderrHas('subscribed to will')
    for (const qos of ['0', '1', '2']) {
      expect(await runCommand(['pub', ...at, '-t', `a/${qos}`, '-m', `m${qos}`, '-q', qos, '-r'])).toMatchObject({
        exitCode: 0,
        stderr: '',
      })
    }
    const dying = startCommand([
      'sub',
      ...at,
      '-i',
      'dying',
      '-t',
      'x',
      '-d',
      '--will-topic',
      'will',
      '--will-payload',
      'gone',
      '--will-qos',
      '1',
    ])
    await dying.stderrHas('subscribed to x')
    dying.child.kill('SIGKILL')
    const { exitCode, stdout } = await sub.ended
    expect([exitCode, stdout.toString()]).toEqual([0, 'a/0 m0 0 0\na/1 m1 1 0\na/2 m2 2 0\nwill gone 1 0\n'])
    const later = await runCommand(['sub', ...at, '-t', 'a/#', '-v', '-C', '3', '--retained-only'])
    expect(later.stdout.toString().split('\n').sort()).toEqual(['', 'a/0 m0', 'a/1 m1', 'a/2 m2'])
  })

  it('a login that it refuses: 135 in 5.0, 5 in 3.1.1', async () => {
    await using server = await mosquitto(path, 'allow_anonymous false')
    expect(await runCommand(['pub', ...server.at, '-t', 'a', '-m', 'x'])).toMatchObject({ exitCode: 135 })
    expect(await runCommand(['pub', ...server.at, '-t', 'a', '-m', 'x', '-V', '311'])).toMatchObject({ exitCode: 5 })
  })

  it('a subscription that it refuses', async () => {
    const acl = join(mkdtempSync(join(tmpdir(), 'mqtt-cli-')), 'acl')
    writeFileSync(acl, 'topic write a\n')
    await using server = await mosquitto(path, 'allow_anonymous true', `acl_file ${acl}`)
    expect(await runCommand(['pub', ...server.at, '-t', 'b', '-m', 'x', '-q', '1'])).toMatchObject({ exitCode: 135 })
    expect(await runCommand(['pub', ...server.at, '-t', 'a', '-m', 'x', '-q', '1'])).toMatchObject({ exitCode: 0 })
  })

  it('a kept Session and a shared subscription', async () => {
    await using server = await mosquitto(path, 'allow_anonymous true')
    const me = ['sub', ...server.at, '-i', 'me', '-c', '-q', '1', '-t', '$share/g/a']
    expect(await runCommand([...me, '-E'])).toMatchObject({ exitCode: 0 })
    await runCommand(['pub', ...server.at, '-t', 'a', '-l', '-q', '1'], { input: '1\n2\n3\n' })
    const { exitCode, stdout } = await runCommand([...me, '-C', '3', '-W', '10'])
    expect([exitCode, stdout.toString()]).toEqual([0, '1\n2\n3\n'])
  })
})

describeWithPeers(
  ['mosquitto', 'mosquitto_sub', 'mosquitto_pub'],
  'mqtt beside mosquitto_sub and mosquitto_pub',
  (path = '', theirSub = '', theirPub = '') => {
    const format = String.raw`[%t|%p|%q|%r|%l|%x|%X|%C|%F|%R|%P|%D|%12t|%-12t|%.2t|%08l|%-8l|%8q|%%|@Y-@m-@d|@@|\t\\]`

    it('-F prints the same, byte for byte', async () => {
      await using server = await mosquitto(path, 'allow_anonymous true')
      const properties = [
        ['content-type', 'text/plain'],
        ['payload-format-indicator', '1'],
        ['response-topic', 'r'],
        ['correlation-data', 'c'],
        ['user-property', 'k', 'v'],
        ['user-property', 'k', 'w'],
      ].flatMap((property) => ['-D', 'publish', ...property])
      // Retained, so that both read it whenever they come.
      await runPeer(theirPub, [...server.at, '-V', '5', '-t', 'a/b', '-m', 'hello', '-q', '2', '-r', ...properties])
      const argv = [...server.at, '-V', '5', '-t', 'a/#', '-q', '2', '-C', '1', '-F', format]
      const theirs = await runPeer(theirSub, argv)
      const ours = await runCommand(['sub', ...argv])
      expect(theirs).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('hello') as unknown })
      expect(ours.stdout.toString()).toBe(theirs.stdout)
    })

    it('the same options mean the same to mosquitto_pub and to mqtt pub', async () => {
      await using server = await mosquitto(path, 'allow_anonymous true')
      const sub = startCommand(['sub', ...server.at, '-t', '#', '-q', '2', '-v', '-F', '%t %p %q', '-C', '8', '-d'])
      await sub.stderrHas('subscribed to #')
      const lines = [
        ['-t', 'a', '-m', '-5'],
        ['--topic', 'b', '--message', 'two words', '--qos', '1'],
        ['-t', 'c', '-n'],
        ['-t', 'd', '-m', 'x', '-u', 'me', '-P', 'p', '-i', 'id', '-k', '30', '-V', 'mqttv311', '-q', '2'],
      ]
      for (const argv of lines) {
        const theirs = spawn(theirPub, [...server.at, ...argv])
        expect(await new Promise((resolve) => theirs.once('close', resolve))).toBe(0)
        expect(await runCommand(['pub', ...server.at, ...argv])).toMatchObject({ exitCode: 0, stderr: '' })
      }
      const { stdout } = await sub.ended
      const expected = ['a -5 0', 'b two words 1', 'c  0', 'd x 2'].flatMap((line) => [line, line])
      expect(stdout.toString().trimEnd().split('\n')).toEqual(expected)
    })
  },
)
