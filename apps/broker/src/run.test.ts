import { connect } from '@godwit/mqtt-client'
import { type Logger, silentLogger } from '@godwit/mqtt-broker'
import { describe, expect, it } from 'vitest'
import { StartFailure } from './exit-codes.ts'
import { parseOptions } from './options.ts'
import { start } from './run.ts'
import { hints, startLine } from './start-lines.ts'
import { Folder } from './testing/folder.ts'
import { testCertificates } from './testing/test-certificates.ts'

const attempt = (...argv: string[]) => start(parseOptions(['--no-persistence', ...argv])!, silentLogger)

describe('starting', () => {
  it('listens for TCP, WebSocket and TLS, on IPv6 too, and says where', async () => {
    using folder = new Folder()
    const files = [
      '--cert',
      folder.file('c.pem', testCertificates.cert),
      '--key',
      folder.file('k.pem', testCertificates.key),
    ]
    const ca = folder.file('ca.pem', testCertificates.authority)
    const { broker, urls } = await attempt('--port', '0', '--ws-port', '0', '--tls-port', '0', ...files, '--ca', ca)
    await using _ = broker
    expect(urls).toEqual([
      expect.stringMatching(/^mqtt:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/mqtt$/),
      expect.stringMatching(/^mqtts:\/\/127\.0\.0\.1:\d+$/),
    ])
    await using client = await connect(urls[2]!, { tls: { ca: testCertificates.authority } })
    expect(client.state).toBe('online')
    const other = await attempt('--port', '0', '--ws-port', 'off', '--host', '::1')
    await using __ = other.broker
    expect(other.urls).toEqual([expect.stringMatching(/^mqtt:\/\/\[::1\]:\d+$/)])
  })

  it('tells somebody who sits in front of it how to go on, and only what holds', () => {
    const urls = ['mqtt://127.0.0.1:1884']
    const settings = (...argv: string[]) => parseOptions(argv)!
    expect(hints(urls, settings())[0]).toContain('mqtt sub -h localhost -p 1884 -t hello -v')
    expect(hints(urls, settings())[1]).toContain('--host 0.0.0.0 --password-file FILE')
    expect(hints(urls, settings('--password-file', 'p'))).toEqual([])
    expect(hints(urls, settings('--host', '0.0.0.0', '--allow-anonymous'))).toEqual([])
    expect(startLine(urls, 'none', settings('--no-persistence'))).toContain('end with it (durability: none).')
    expect(startLine(urls, 'fsync', settings('--data-dir', 'd'))).toContain('is on disk, in d (durability: fsync).')
  })
})

describe('reading the files again', () => {
  it('hostile #129: changes nothing where one of them cannot be used', async () => {
    using folder = new Folder()
    const logged: string[] = []
    const log = (level: string) => (_fields: object, message: string) => void logged.push(`${level} ${message}`)
    const logger: Logger = { ...silentLogger, info: log('info'), error: log('error') }
    const acl = folder.file('acl', 'topic read a')
    const { broker, urls, reload } = await start(
      parseOptions(['--no-persistence', '--port', '0', '--ws-port', 'off', '--acl-file', acl])!,
      logger,
    )
    await using _ = broker
    await using client = await connect(urls[0]!)
    const refused = () =>
      client.publish('a', '', { qos: 1 }).then(
        () => 'sent',
        () => 'refused',
      )
    expect(await refused()).toBe('refused')
    folder.file('acl', 'topic a#')
    await reload()
    expect(await refused()).toBe('refused')
    folder.file('acl', 'topic write a')
    await Promise.all([reload(), reload()])
    expect(await refused()).toBe('sent')
    expect(logged.filter((line) => line.includes('files'))).toEqual([
      expect.stringMatching(/^error the files of before stay in force: .*acl:1:8: "a#" is not a Topic Filter/),
      'info read the password and ACL files again',
      'info read the password and ACL files again',
    ])
  })
})

describe('what is wrong is told in one line, and by an exit code of its own', () => {
  const refused = async (...argv: string[]) => {
    const failure = await attempt(...argv).catch((error: unknown) => error)
    if (!(failure instanceof StartFailure)) throw failure
    expect(failure.message).not.toContain('\n')
    return `${failure.exitCode} ${failure.message}`
  }
  const free = ['--port', '0', '--ws-port', 'off']

  it('an occupied port is 4', async () => {
    const { broker, urls } = await attempt(...free)
    await using _ = broker
    const { port } = new URL(urls[0]!)
    expect(await refused('--port', port)).toMatch(
      new RegExp(`^4 --port: listening on 127.0.0.1:${port} failed: .*; stop what uses it, or choose another`),
    )
    expect(await refused('--port', '0', '--ws-port', port)).toMatch(/^4 --ws-port: /)
  })

  it("an address that is not this machine's is 5", async () => {
    expect(await refused(...free, '--host', '192.0.2.1', '--allow-anonymous')).toMatch(
      /^5 --port: .*no such address.*; give --host an address of this machine, such as 127\.0\.0\.1$/,
    )
    expect(await refused(...free, '--host', 'nowhere.invalid', '--allow-anonymous')).toMatch(/^5 --port: /)
  })

  it('a certificate or key that cannot be read is 3, one that cannot be used is 6', async () => {
    using folder = new Folder()
    const key = folder.file('key.pem', testCertificates.key)
    const cert = folder.file('cert.pem', testCertificates.cert)
    const other = folder.file('other.pem', testCertificates.otherKey)
    const empty = folder.file('empty.pem', '')
    const tls = (...argv: string[]) => refused(...free, '--tls-port', '0', ...argv)
    expect(await tls('--cert', folder.path('none'), '--key', key)).toMatch(
      /^3 .*--cert .*none cannot be read: there is no/,
    )
    expect(await tls('--cert', cert, '--key', folder.path('.'))).toMatch(/^3 .*--key .* cannot be read: it is a folder/)
    expect(await tls('--cert', key, '--key', key)).toMatch(/^6 .*cert holds no certificate in PEM; check the files of/)
    expect(await tls('--cert', cert, '--key', empty)).toMatch(/^6 .*certificate and key cannot be used/)
    expect(await tls('--cert', cert, '--key', other)).toMatch(/^6 .*certificate and key cannot be used/)
    expect(await tls('--cert', cert, '--key', key, '--ca', empty)).toMatch(/^6 .*ca holds no certificate/)
  })

  it('hostile #129: a bad line of a password or ACL file is 7, with its place', async () => {
    using folder = new Folder()
    const passwords = folder.file('passwords', '# mine\nalice:hunter2\n')
    const said = await refused(...free, '--password-file', passwords)
    expect(said).toMatch(/^7 .*passwords:2:7: this is not a hash; .* mosquitto_passwd -U$/)
    expect(said).not.toContain('hunter2')
    const rules = folder.file('acl', 'topic a\ntopics b\n')
    expect(await refused(...free, '--acl-file', rules)).toMatch(/^7 .*acl:2:1: "topics" begins no line/)
    const users = folder.file('users', 'user alice\ntopic b\n')
    expect(await refused(...free, '--acl-file', users)).toMatch(
      /^7 .*prove nothing without passwords: add --password-file/,
    )
  })

  it('hostile #129: a password or ACL file that cannot be read is 3', async () => {
    using folder = new Folder()
    expect(await refused(...free, '--password-file', folder.path('none'))).toMatch(
      /^3 .*--password-file .*there is no such/,
    )
    const binary = folder.file('binary', Uint8Array.of(0xff, 0xfe))
    expect(await refused(...free, '--acl-file', binary)).toMatch(/^3 .*--acl-file .*it is not UTF-8 text$/)
  })
})
