import { silentLogger } from '@godwit/mqtt-broker'
import { describe, expect, it } from 'vitest'
import { parseOptions } from './options.ts'
import { start } from './run.ts'

describe('starting', () => {
  it('listens for TCP and WebSocket and says where', async () => {
    const { broker, urls } = await start(parseOptions(['--port', '0', '--ws-port', '0'])!, silentLogger)
    expect(urls[0]).toMatch(/^mqtt:\/\/127\.0\.0\.1:\d+$/)
    expect(urls[1]).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/mqtt$/)
    await broker.close()
  })

  it('says what is wrong with an occupied port, a foreign address and a missing file', async () => {
    const { broker, urls } = await start(parseOptions(['--port', '0', '--ws-port', 'off'])!, silentLogger)
    const { port } = new URL(urls[0]!)
    const attempt = (...argv: string[]) => start(parseOptions([...argv, '--ws-port', 'off'])!, silentLogger)
    await expect(attempt('--port', port)).rejects.toMatchObject({
      exitCode: 4,
      message: expect.stringContaining(port),
    })
    await expect(attempt('--port', '0', '--host', '192.0.2.1', '--allow-anonymous')).rejects.toMatchObject({
      exitCode: 4,
    })
    await expect(
      attempt('--port', '0', '--tls-port', '0', '--cert', 'none.pem', '--key', 'none.pem'),
    ).rejects.toMatchObject({ exitCode: 3 })
    await broker.close()
  })
})
