import { describe, expect, it } from 'vitest'
import { StartFailure } from './exit-codes.ts'
import { isLoopback, parseOptions } from './options.ts'

const failure = (...argv: string[]): StartFailure => {
  try {
    parseOptions(argv)
  } catch (error) {
    if (error instanceof StartFailure) return error
    throw error
  }
  throw new TypeError('the options were accepted')
}

describe('the options of godwit', () => {
  it('hostile #130: by default listens on loopback', () => {
    expect(parseOptions([])).toEqual({
      host: '127.0.0.1',
      port: 1883,
      wsPort: 9001,
      tls: undefined,
      login: { allowAnonymous: false },
      persistence: { directory: './godwit-data', durability: 'fsync', quarantine: false },
      limits: { broker: {}, login: {} },
      logLevel: 'info',
    })
  })

  it('reads ports, TLS files and limits with units', () => {
    const given = ['--port', '0', '--ws-port', 'off', '--tls-port', '8883', '--cert', 'c.pem', '--key', 'k.pem']
    const settings = parseOptions([
      ...given,
      '--limit',
      'maximumPacketSizeBytes=64KiB',
      '--limit',
      'maximumSessions=unlimited',
    ])
    expect(settings).toMatchObject({ port: 0, wsPort: undefined, tls: { port: 8883, cert: 'c.pem', key: 'k.pem' } })
    expect(settings?.limits.broker).toEqual({ maximumPacketSizeBytes: 65_536, maximumSessions: Infinity })
  })

  it('reads where Sessions and messages are kept, and what they survive', () => {
    expect(parseOptions(['--data-dir', 'd', '--durability', 'process', '--quarantine'])?.persistence).toEqual({
      directory: 'd',
      durability: 'process',
      quarantine: true,
    })
    expect(parseOptions(['--no-persistence'])?.persistence).toBeUndefined()
    expect(parseOptions(['--durability', 'none'])?.persistence).toBeUndefined()
    expect(parseOptions(['--no-persistence', '--durability', 'none'])?.persistence).toBeUndefined()
  })

  it('knows the limits of logins from those of the broker', () => {
    expect(parseOptions(['--limit', 'maximumWaitingHashes=9', '--limit', 'maximumSessions=8'])?.limits).toEqual({
      broker: { maximumSessions: 8 },
      login: { maximumWaitingHashes: 9 },
    })
  })

  it.each([
    [['--prot', '1'], /unknown option '--prot'.*--port/],
    [['--port', 'x'], /"x" is not a port/],
    [['--ws-port', '65536'], /not a port/],
    [['--log-level', 'loud'], /none of debug, info/],
    [['--limit', 'maximumSesions=1'], /did you mean maximumSessions/],
    [['--limit', 'zzz=1'], /no limit "zzz"; they are maximumPacketSizeBytes, .*, maximumVerifiedCredentials$/],
    [['--limit', 'maximumSessions=1KiB'], /"1KiB" is not a whole number or "unlimited"/],
    [['--limit', 'connectTimeoutMs=soon'], /whole number of milliseconds/],
    [['--limit', 'maximumConcurrentHashes=0'], /nobody could ever log in/],
    [['--host', '-'], /"-" is no address/],
    [['--limit', 'maximumPacketSizeBytes'], /such as 65536 or 64KiB/],
    [['--tls-port', '8883'], /needs --cert and --key/],
    [['--cert', 'c'], /need --tls-port/],
    [['--tls-port', '1', '--cert', 'c', '--key', 'k', '--require-certificate'], /needs --ca/],
    [['--durability', 'disk'], /"disk" is none of fsync, process, none/],
    [['--no-persistence', '--durability', 'fsync'], /contradict each other/],
    [['--no-persistence', '--quarantine'], /needs a data directory/],
    [['extra'], /too many arguments/],
  ])('refuses %j with one line', (argv, message) => {
    const refused = failure(...argv)
    expect(refused.message).toMatch(message)
    expect(refused.message).not.toContain('\n')
    expect(refused.exitCode).toBe(2)
  })

  it('hostile #130: is never open to others without being told to', () => {
    expect(failure('--host', '0.0.0.0')).toMatchObject({
      exitCode: 8,
      message: expect.stringContaining('--allow-anonymous'),
    })
    expect(failure('--host', '0.0.0.0', '--acl-file', 'a').exitCode).toBe(8)
    expect(parseOptions(['--host', '0.0.0.0', '--password-file', 'p'])?.login).toEqual({
      allowAnonymous: false,
      passwordFile: 'p',
    })
    expect(parseOptions(['--host', '0.0.0.0', '--allow-anonymous'])?.host).toBe('0.0.0.0')
    expect(['localhost', '::1', '127.9.9.9', '10.0.0.1', '127.example.org'].map(isLoopback)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ])
  })
})
