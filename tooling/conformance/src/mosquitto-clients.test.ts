import { createBroker } from '@godwit/mqtt-broker'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { expect, it } from 'vitest'
import { Running, run } from './processes.ts'

/** `-d` makes mosquitto_sub say when its SUBACK has come: from then on nothing is lost. `stdbuf` lets it say so at once. */
const subscribed = /Subscribed \(mid/

describeWithPeers(['mosquitto_sub'], "Debian's mosquitto_pub and mosquitto_sub against the broker", () => {
  for (const version of ['mqttv31', 'mqttv311', 'mqttv5']) {
    for (const qos of ['0', '1', '2']) {
      it(`${version}: a message at QoS ${qos} arrives`, async () => {
        await using broker = createBroker()
        const port = String((await broker.listen('mqtt://127.0.0.1:0')).port)
        await using sub = new Running('stdbuf', [
          '-oL',
          'mosquitto_sub',
          ...['-d', '-V', version, '-p', port, '-t', 'hello/#', '-q', qos, '-v', '-C', '2'],
        ])
        await sub.until(subscribed)
        const given = ['-V', version, '-p', port, '-q', qos, '-t', 'hello/world', '-m']
        expect((await run('mosquitto_pub', [...given, 'first'])).code).toBe(0)
        expect((await run('mosquitto_pub', [...given, 'GDGNatal'])).code).toBe(0)
        const { code, stdout } = await sub.finished
        expect(code).toBe(0)
        expect(stdout.toString()).toContain('hello/world first\n')
        expect(stdout.toString()).toContain('hello/world GDGNatal\n')
      })
    }

    it(`${version}: a retained message answers a later subscription`, async () => {
      await using broker = createBroker()
      const port = String((await broker.listen('mqtt://127.0.0.1:0')).port)
      await run('mosquitto_pub', ['-V', version, '-p', port, '-t', 'kept', '-m', 'still here', '-r', '-q', '1'])
      const { stdout } = await run('mosquitto_sub', ['-V', version, '-p', port, '-t', 'kept', '-C', '1', '-F', '%r %p'])
      expect(stdout.toString()).toBe('1 still here\n')
    })

    it(`${version}: the Will of a Client that is killed is published`, async () => {
      await using broker = createBroker()
      const port = String((await broker.listen('mqtt://127.0.0.1:0')).port)
      await using sub = new Running('stdbuf', [
        '-oL',
        'mosquitto_sub',
        ...['-d', '-V', version, '-p', port, '-t', 'gone', '-C', '1', '-v'],
      ])
      await sub.until(subscribed)
      const will = ['--will-topic', 'gone', '--will-payload', 'farewell', '--will-qos', '1']
      await using doomed = new Running('stdbuf', [
        '-oL',
        'mosquitto_sub',
        ...['-d', '-V', version, '-p', port, '-t', 'x', ...will],
      ])
      await doomed.until(subscribed)
      doomed.kill('SIGKILL')
      expect((await sub.finished).stdout.toString()).toContain('gone farewell\n')
    })
  }

  it('5.0: each message of a Shared Subscription goes to one member', async () => {
    await using broker = createBroker()
    const port = String((await broker.listen('mqtt://127.0.0.1:0')).port)
    const member = ['-d', '-V', 'mqttv5', '-p', port, '-t', '$share/workers/jobs', '-q', '1', '-C', '5']
    await using one = new Running('stdbuf', ['-oL', 'mosquitto_sub', ...member])
    await using other = new Running('stdbuf', ['-oL', 'mosquitto_sub', ...member])
    await one.until(subscribed)
    await other.until(subscribed)
    const jobs = Array.from({ length: 10 }, (_, number) => `job-${number}`)
    const { code } = await new Running('mosquitto_pub', [
      '-V',
      'mqttv5',
      '-p',
      port,
      '-t',
      'jobs',
      '-q',
      '1',
      '-l',
    ]).withInput(jobs)
    expect(code).toBe(0)
    const done = [(await one.finished).stdout, (await other.finished).stdout]
      .flatMap((stdout) => stdout.toString().split('\n'))
      .filter((line) => line.startsWith('job-'))
    expect(done.sort()).toEqual(jobs)
  })

  it('3.1.1: messages for a Session that is offline wait for it', async () => {
    await using broker = createBroker()
    const port = String((await broker.listen('mqtt://127.0.0.1:0')).port)
    const session = ['-p', port, '-i', 'sleeper', '-c', '-q', '1', '-t', 'letters']
    expect((await run('mosquitto_sub', [...session, '-E'])).code).toBe(0)
    await run('mosquitto_pub', ['-p', port, '-t', 'letters', '-q', '1', '-m', 'one'])
    await run('mosquitto_pub', ['-p', port, '-t', 'letters', '-q', '1', '-m', 'two'])
    expect((await run('mosquitto_sub', [...session, '-C', '2'])).stdout.toString()).toBe('one\ntwo\n')
  })
})
