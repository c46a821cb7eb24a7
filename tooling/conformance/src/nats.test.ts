import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@godwit/vitest-preset/loopback'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { afterAll, beforeAll, it } from 'vitest'
import { Running } from './processes.ts'
import { deliversBothQualities, resumesSession } from './promises-of-3-1-1.ts'

describeWithPeers(['nats-server'], 'our client against the MQTT of nats-server', (command) => {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-nats-'))
  let server: Running
  let url: string

  beforeAll(async () => {
    const port = await freePort()
    const configuration = join(folder, 'nats.conf')
    // Its Sessions are streams of JetStream, which has to have a name and a place.
    const lines = [
      'server_name: godwit',
      'listen: "127.0.0.1:-1"',
      `jetstream { store_dir: "${folder}" }`,
      `mqtt { listen: "127.0.0.1:${port}" }`,
    ]
    writeFileSync(configuration, lines.join('\n'))
    server = new Running(command, ['-c', configuration])
    await server.until(/Server is ready/)
    url = `mqtt://127.0.0.1:${port}`
  })

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  it('falls back to 3.1.1, which is what it speaks, and delivers QoS 0 and 1', () =>
    deliversBothQualities(url, { clientId: 'godwit' }))

  it('resumes a Session, and gets what came meanwhile', () => resumesSession(url))
})
