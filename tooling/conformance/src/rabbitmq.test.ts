import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@godwit/vitest-preset/loopback'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { afterAll, beforeAll, it } from 'vitest'
import { run, Running } from './processes.ts'
import { deliversBothQualities, resumesSession } from './promises-of-3-1-1.ts'

// Debian's RabbitMQ speaks 3.1 and 3.1.1, and closes the connection of a Client of 5.0 without a word: ours asks again with 3.1.1.
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

  it('delivers QoS 0 and 1', () => deliversBothQualities(url))

  it('resumes a Session, and gets what came meanwhile', () => resumesSession(url))
})
