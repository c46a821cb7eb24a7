import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createBroker } from '@godwit/mqtt-broker'
import { connect } from '@godwit/mqtt-client'
import { expect, it } from 'vitest'

const PUBLISHER = fileURLToPath(new URL('stored-publisher.mjs', import.meta.url))
const EACH = 60

it(
  'C10 QoS 2 is delivered exactly once over kill -9 of the Client, whatever was stored',
  { timeout: 120_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'godwit-session-'))
    await using broker = createBroker()
    const { url } = await broker.listen('mqtt://127.0.0.1:0')
    const subscriber = await connect(url)
    const received: number[] = []
    await subscriber.subscribe('numbers', (message) => void received.push(Number(message.text())), { qos: 2 })
    const stored: number[] = []
    const publish = (from: number, onStored: (publisher: ChildProcess) => void): ChildProcess => {
      const publisher = spawn(process.execPath, [PUBLISHER, url, directory, `${from}`, `${from + EACH - 1}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      createInterface({ input: publisher.stdout }).on('line', (line) => {
        stored.push(Number(line))
        onStored(publisher)
      })
      return publisher
    }
    try {
      // Killed after so many that it has told of: early, in the middle, late, and after the last.
      for (const [round, after] of [1, 4, 9, 17, 30, 45, 59, 60].entries()) {
        const before = stored.length
        const publisher = publish(round * EACH + 1, (killed) => {
          if (stored.length - before === after) killed.kill('SIGKILL')
        })
        await once(publisher, 'close')
      }
      const last = publish(10_001, () => {})
      const [code] = (await once(last, 'close')) as [number]
      expect(code).toBe(0)
      await expect.poll(() => stored.every((number) => received.includes(number)), { timeout: 20_000 }).toBe(true)
      expect(new Set(received).size).toBe(received.length)
      expect(stored.length).toBeGreaterThan(EACH)
    } finally {
      await subscriber.close()
      rmSync(directory, { recursive: true, force: true })
    }
  },
)
