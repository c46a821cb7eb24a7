import { spawnSync } from 'node:child_process'
import { connect } from '@godwit/mqtt-client'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { expect, it } from 'vitest'
import { Folder } from './testing/folder.ts'
import { godwit, listening, Process } from './testing/run-godwit.ts'

const PEERS = ['mosquitto_passwd', 'mosquitto_pub', 'mosquitto_sub']

describeWithPeers(PEERS, "godwit with a password file, asked by Mosquitto's programs", (passwd, pub, sub) => {
  /** A password file that mosquitto_passwd wrote: alice and "bob smith" with the default hash, carol with `-H sha512`. */
  const written = (folder: Folder, ...users: (readonly [string, string, ...string[]])[]): string => {
    const file = folder.file('passwords', '')
    for (const [name, password, ...more] of users) {
      const { status, stderr } = spawnSync(passwd, [...more, '-b', file, name, password])
      expect([status, stderr.toString()]).toEqual([0, expect.any(String)])
    }
    return file
  }
  const alice = ['alice', 'secret'] as const
  const bob = ['bob smith', 'päss word'] as const
  const carol = ['carol', 'old secret', '-H', 'sha512'] as const

  const publish = async (port: string, ...given: string[]) => {
    await using process = new Process(pub, ['-h', '127.0.0.1', '-p', port, '-t', 't', '-m', 'x', ...given])
    const { exitCode, stderr } = await process.ended
    return `${exitCode} ${stderr.trim()}`.trim()
  }

  it.each(['mqttv31', 'mqttv311', 'mqttv5'])('%s: lets in who knows a password, and nobody else', async (version) => {
    using folder = new Folder()
    const { broker, port } = await listening('--password-file', written(folder, alice, bob, carol))
    await using _ = broker
    const as = (...given: string[]) => publish(port, '-V', version, '-q', '1', ...given)
    const [wrong, missing] =
      version === 'mqttv5'
        ? [/^134 .*Bad User Name or Password/i, /^135 .*Not authorized/i]
        : [/^4 .*bad user name or password/, /^5 .*not authorised/]
    for (const [name, password] of [alice, bob, carol]) expect(await as('-u', name, '-P', password)).toBe('0')
    expect(await as('-u', 'alice', '-P', 'Secret')).toMatch(wrong)
    expect(await as('-u', 'alice', '-P', '')).toMatch(wrong)
    expect(await as('-u', 'alice')).toMatch(wrong)
    expect(await as('-u', 'mallory', '-P', 'secret')).toMatch(wrong)
    expect(await as()).toMatch(missing)
  })

  it('lets in Clients without a User Name where that is wanted', async () => {
    using folder = new Folder()
    const { broker, port } = await listening('--password-file', written(folder, alice), '--allow-anonymous')
    await using _ = broker
    expect(await publish(port)).toBe('0')
    expect(await publish(port, '-u', 'alice', '-P', 'wrong')).toMatch(/^5|^4/)
  })

  it('is open to others where there are passwords', async () => {
    using folder = new Folder()
    await using broker = godwit(
      '--host',
      '0.0.0.0',
      '--port',
      '0',
      '--ws-port',
      'off',
      '--password-file',
      written(folder, alice),
    )
    const [, port = ''] = await broker.until(/mqtt:\/\/0\.0\.0\.0:(\d+)/)
    expect(await publish(port, '-u', 'alice', '-P', 'secret')).toBe('0')
    expect(await publish(port)).toMatch(/^5 /)
  })

  it('gives the rights of an ACL file: %c, %u, denials, and the anonymous section', async () => {
    using folder = new Folder()
    const acl = folder.file(
      'acl',
      `topic read news
user alice
topic readwrite home/#
topic deny home/safe
pattern write from/%u/%c
`,
    )
    const files = ['--password-file', written(folder, alice), '--acl-file', acl, '--allow-anonymous']
    const { broker, port } = await listening(...files)
    await using _ = broker
    const as = ['-V', 'mqttv5', '-q', '1', '-u', 'alice', '-P', 'secret', '-i', 'lamp']
    const denied = /Not authorized/i
    expect(await publish(port, ...as, '-t', 'home/door')).toBe('0')
    expect(await publish(port, ...as, '-t', 'home/safe')).toMatch(denied)
    expect(await publish(port, ...as, '-t', 'from/alice/lamp')).toBe('0')
    expect(await publish(port, ...as, '-t', 'from/alice/other')).toMatch(denied)
    expect(await publish(port, '-V', 'mqttv5', '-q', '1', '-t', 'news')).toMatch(denied)
    const subscribe = ['-h', '127.0.0.1', '-p', port, '-V', 'mqttv5', '-E', '-d', '-u', 'alice', '-P', 'secret']
    expect((await new Process(sub, [...subscribe, '-t', 'home/safe']).ended).stderr).toContain('denied')
    expect((await new Process(sub, [...subscribe, '-t', '#']).ended).exitCode).toBe(0)
  })

  it('SIGHUP reads both again: nobody is dropped, and rights follow', async () => {
    using folder = new Folder()
    const acl = folder.file('acl', 'user alice\ntopic a\n')
    const passwords = written(folder, alice)
    const { broker, port } = await listening('--password-file', passwords, '--acl-file', acl)
    await using _ = broker
    await using client = await connect(`mqtt://127.0.0.1:${port}`, {
      username: 'alice',
      password: 'secret',
      reconnect: false,
    })
    const seen: string[] = []
    await client.subscribe('#', (message) => void seen.push(`${message.topicName} ${message.text()}`))
    await client.publish('a', '1', { qos: 1 })
    await expect(client.publish('b', '1', { qos: 1 })).rejects.toMatchObject({ reasonCode: 0x87 })

    folder.file('acl', 'user alice\ntopic b\n')
    spawnSync(passwd, ['-b', passwords, ...bob])
    broker.kill('SIGHUP')
    await broker.until(/read the password and ACL files again/)
    await client.publish('b', '2', { qos: 1 })
    await expect(client.publish('a', '2', { qos: 1 })).rejects.toMatchObject({ reasonCode: 0x87 })
    expect(seen).toEqual(['a 1', 'b 2'])
    expect(await publish(port, '-u', bob[0], '-P', bob[1])).toBe('0')

    // hostile #129: what cannot be read or understood changes nothing, and says so.
    folder.file('acl', 'user alice\ntopic a\ntopic deny\nnonsense\n')
    broker.kill('SIGHUP')
    await broker.until(/the files of before stay in force: .*acl:4:1: \\"nonsense\\" begins no line/)
    await client.publish('b', '3', { qos: 1 })
    expect(client.state).toBe('online')
  })

  it('hostile #134: no password is in what it logs', async () => {
    using folder = new Folder()
    const { broker, port } = await listening('--password-file', written(folder, alice), '--log-level', 'debug')
    await using _ = broker
    await publish(port, '-u', 'alice', '-P', 'secret')
    await publish(port, '-u', 'alice', '-P', 'guess')
    broker.kill('SIGTERM')
    const { stdout, stderr } = await broker.ended
    expect(stderr).toContain('wrong User Name or Password')
    expect(stdout + stderr).not.toMatch(/secret|guess/)
  })
})
