import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { connect } from '@godwit/mqtt-client'
import { expect, it } from 'vitest'
import { describeWithPeer } from './peers.ts'
import { Running, run } from './processes.ts'

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Debian's mosquitto on a free port. */
const startMosquitto = async (): Promise<{ port: number } & AsyncDisposable> => {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'godwit-mosquitto-'))
  const file = join(folder, 'mosquitto.conf')
  await writeFile(file, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest stderr\n`)
  const server = new Running('mosquitto', ['-c', file])
  await server.until(/mosquitto version .* running/)
  return {
    port,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const cli = join(import.meta.dirname, '../../../apps/cli/bin/mqtt.js')

describeWithPeer('mosquitto', "the client and the command line against Debian's mosquitto", () => {
  for (const version of [3, 4, 5] as const) {
    it(`client, version ${version}: every QoS arrives as it was sent`, async () => {
      await using mosquitto = await startMosquitto()
      await using client = await connect(`mqtt://127.0.0.1:${mosquitto.port}`, { version, clientId: 'godwit' })
      const seen: string[] = []
      let complete = () => {}
      const all = new Promise<void>((resolve) => (complete = resolve))
      await client.subscribe(
        'client/#',
        (message) => {
          seen.push(`${message.topicName} ${Buffer.from(message.payload).toString()} ${message.qos}`)
          if (seen.length === 3) complete()
        },
        { qos: 2 },
      )
      for (const qos of [0, 1, 2] as const) await client.publish(`client/${qos}`, `message ${qos}`, { qos })
      await all
      expect(seen.sort()).toEqual(['client/0 message 0 0', 'client/1 message 1 1', 'client/2 message 2 2'])
    })
  }

  for (const version of ['31', '311', '5']) {
    it(`mqtt pub and mqtt sub, -V ${version}: the message arrives`, async () => {
      await using mosquitto = await startMosquitto()
      const port = String(mosquitto.port)
      await using sub = new Running(process.execPath, [
        cli,
        'sub',
        '-V',
        version,
        '-p',
        port,
        '-t',
        'hello',
        '-v',
        '-C',
        '1',
        '-d',
      ])
      await sub.until(/subscribed/i)
      const { code } = await run(process.execPath, [
        cli,
        'pub',
        '-V',
        version,
        '-p',
        port,
        '-t',
        'hello',
        '-m',
        'GDGNatal',
        '-q',
        '1',
      ])
      expect(code).toBe(0)
      const finished = await sub.finished
      expect(finished.stdout.toString()).toBe('hello GDGNatal\n')
      expect(finished.code).toBe(0)
    })
  }
})
