import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@godwit/mqtt-client'
import { freePort } from '@godwit/vitest-preset/loopback'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run, Running } from './processes.ts'

// Debian's RabbitMQ speaks 3.1 and 3.1.1, and closes the connection of a Client of 5.0 without a word: nothing tells a client to fall back.
describeWithPeers(['rabbitmq-server'], 'our client against the MQTT of RabbitMQ', (command) => {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-rabbitmq-'))
  let server: Running
  let url: string
  let epmd: number

  beforeAll(async () => {
    const [amqp, distribution, mqtt] = await Promise.all([freePort(), freePort(), freePort()])
    epmd = await freePort()
    const lines = [
      `listeners.tcp.1 = 127.0.0.1:${amqp}`,
      `mqtt.listeners.tcp.1 = 127.0.0.1:${mqtt}`,
      'log.console = true',
    ]
    writeFileSync(join(folder, 'rabbitmq.conf'), lines.join('\n'))
    writeFileSync(join(folder, 'enabled_plugins'), '[rabbitmq_mqtt].')
    server = new Running(command, [], {
      HOME: folder,
      RABBITMQ_NODENAME: `godwit${mqtt}@localhost`,
      RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
      RABBITMQ_FEATURE_FLAGS_FILE: join(folder, 'feature_flags'),
      RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
      RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
      RABBITMQ_LOG_BASE: join(folder, 'log'),
      RABBITMQ_PID_FILE: join(folder, 'pid'),
      RABBITMQ_DIST_PORT: `${distribution}`,
      ERL_EPMD_PORT: `${epmd}`,
    })
    await server.until(/Server startup complete/)
    url = `mqtt://127.0.0.1:${mqtt}`
  }, 120_000)

  afterAll(async () => {
    server?.kill()
    await server?.finished
    // The daemon that it started would stay.
    await run('epmd', ['-port', `${epmd}`, '-kill'])
    rmSync(folder, { recursive: true, force: true })
  }, 60_000)

  it('delivers QoS 0 and 1', async () => {
    await using client = await connect(url, { version: 4 })
    const readings = await client.subscribe('site/+id', { qos: 1 })
    for (const [id, qos] of ([0, 1, 0, 1] as const).entries()) await client.publish(`site/${id}`, 'grüße', { qos })
    const seen: string[] = []
    for await (const message of readings) {
      seen.push(`${message.parameters.id} ${message.text()} ${message.qos}`)
      if (seen.length === 4) break
    }
    expect(seen.sort()).toEqual(['0 grüße 0', '1 grüße 1', '2 grüße 0', '3 grüße 1'])
  })

  it('resumes a Session, and gets what came meanwhile', async () => {
    const options = { version: 4, cleanStart: false, sessionExpiryIntervalSeconds: 600, clientId: 'kept' } as const
    const first = await connect(url, options)
    await first.subscribe('kept/+id', { qos: 1 })
    await first.close()
    await using other = await connect(url, { version: 4 })
    await other.publish('kept/1', 'meanwhile', { qos: 1 })
    await using second = await connect(url, options)
    expect(second.server?.sessionPresent).toBe(true)
    const kept = await second.subscribe('kept/+id', { qos: 1 })
    expect((await kept.next()).text()).toBe('meanwhile')
  })
})
