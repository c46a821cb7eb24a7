import { describe, expect, it } from 'vitest'
import { CliError } from '../cli-error.ts'
import { resolveTarget, type TargetFlags } from './target.ts'

const target = (flags: Partial<TargetFlags>, environmentUrl?: string) =>
  resolveTarget({ tls: false, ...flags }, environmentUrl)

describe('where to connect', () => {
  it.each<[Partial<TargetFlags>, string | undefined, string]>([
    [{}, undefined, 'mqtt://localhost:1883'],
    [{ host: 'test.example', port: '1884' }, undefined, 'mqtt://test.example:1884'],
    [{ host: '::1' }, undefined, 'mqtt://[::1]:1883'],
    [{ host: '[::1]' }, undefined, 'mqtt://[::1]:1883'],
    [{ port: '8883' }, undefined, 'mqtts://localhost:8883'],
    [{ tls: true }, undefined, 'mqtts://localhost:8883'],
    [{ tls: true, port: '1234' }, undefined, 'mqtts://localhost:1234'],
    [{ protocol: 'ws', port: '9001' }, undefined, 'ws://localhost:9001/mqtt'],
    [{ protocol: 'wss' }, undefined, 'wss://localhost:443/mqtt'],
    [{ protocol: 'ws', tls: true }, undefined, 'wss://localhost:443/mqtt'],
    [{ protocol: 'tcp' }, undefined, 'mqtt://localhost:1883'],
    [{ protocol: 'mqtt', port: '8883' }, undefined, 'mqtt://localhost:8883'],
    [{ url: 'mqtts://test.example' }, undefined, 'mqtts://test.example:8883'],
    [{ url: 'MQTT://test.example:80/a' }, undefined, 'mqtt://test.example:80'],
    [{ url: 'ws://test.example:80/path?q=1' }, undefined, 'ws://test.example:80/path?q=1'],
    [{ url: 'ws://test.example' }, undefined, 'ws://test.example:80/mqtt'],
    [{ url: 'mqtt://[::1]:1884' }, undefined, 'mqtt://[::1]:1884'],
    [{}, 'mqtt://env.example:1885', 'mqtt://env.example:1885'],
    [{}, '', 'mqtt://localhost:1883'],
    [{ host: 'flag.example' }, 'mqtts://env.example:1885', 'mqtt://flag.example:1883'],
    [{ port: '1886' }, 'mqtt://env.example:1885', 'mqtt://env.example:1886'],
    [{ url: 'mqtt://flag.example' }, 'mqtt://env.example:1885', 'mqtt://flag.example:1883'],
  ])('%j with MQTT_URL %j is %s', (flags, environmentUrl, url) => {
    expect(target(flags, environmentUrl).url).toBe(url)
  })

  it('takes user, password and topic from a URL, decoded', () => {
    expect(target({ url: 'mqtt://me%40x:p%2Fw@h/a/%2B/#' })).toMatchObject({
      url: 'mqtt://h:1883',
      username: 'me@x',
      password: 'p/w',
      topic: 'a/+/#',
    })
  })

  it('a host of its own never gets the password of MQTT_URL', () => {
    expect(target({ host: 'other.example' }, 'mqtt://me:secret@env.example')).toMatchObject({
      username: undefined,
      password: undefined,
    })
    expect(target({}, 'mqtt://me:secret@env.example')).toMatchObject({ username: 'me', password: 'secret' })
  })

  it.each<[Partial<TargetFlags>, RegExp, RegExp | undefined]>([
    [{ host: '' }, /host is empty/, /-h localhost/],
    [{ host: 'localhost:1883' }, /without a port/, /-h localhost -p 1883/],
    [{ host: 'mqtt://x' }, /not a URL/, /-L/],
    [{ host: 'a b' }, /no(t a)? host name/, undefined],
    [{ url: 'localhost' }, /-L is not a URL/, /mqtt:\/\/host/],
    [{ url: 'http://x' }, /no protocol 'http'/, /mqtts/],
    [{ url: 'mqtt://' }, /host/, undefined],
    [{ url: 'mqtt://h:99999' }, /host or port is not valid/, undefined],
    [{ url: 'mqtt://h:0' }, /-L takes a port/, undefined],
    [{ url: 'mqtt://h', host: 'h' }, /-L names the host/, undefined],
    [{ protocol: 'quic' }, /--protocol takes/, undefined],
  ])('%j is refused', (flags, message, hint) => {
    try {
      target(flags)
      expect.unreachable()
    } catch (error) {
      expect(CliError.isInstance(error) && error.exitCode).toBe(2)
      expect(error).toMatchObject({ message: expect.stringMatching(message) as unknown })
      if (hint !== undefined) expect(error).toMatchObject({ hint: expect.stringMatching(hint) as unknown })
    }
  })

  it('never repeats a URL that may hold a password', () => {
    expect(() => target({ url: 'me:secret@h' })).not.toThrow(/secret/)
    expect(() => target({ url: 'me:secret@h' })).toThrow(CliError)
  })
})
