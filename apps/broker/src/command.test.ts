import { connect } from '@godwit/mqtt-client'
import { describe, expect, it } from 'vitest'
import { Folder } from './testing/folder.ts'
import { godwit, listening } from './testing/run-godwit.ts'

describe('godwit as a process', () => {
  it('says in one line where it listens, and ends in order on SIGTERM', async () => {
    await using process = godwit('--port', '0', '--ws-port', '0', '--no-persistence')
    await process.until(/godwit listens at .*\n/)
    process.kill('SIGTERM')
    const { exitCode, stdout } = await process.ended
    expect(stdout).toMatch(
      /^godwit listens at mqtt:\/\/127\.0\.0\.1:\d+, ws:\/\/127\.0\.0\.1:\d+\/mqtt; Sessions and messages live in memory and end with it \(durability: none\)\.\n$/,
    )
    expect(exitCode).toBe(0)
  })

  it('tells its Clients before it ends on SIGINT (0x8B)', async () => {
    const { broker, port } = await listening()
    await using _ = broker
    const client = await connect(`mqtt://127.0.0.1:${port}`, { reconnect: false })
    const closed = new Promise<unknown>((resolve) => client.on('disconnect', resolve))
    broker.kill('SIGINT')
    expect(await closed).toMatchObject({ reasonCode: 0x8b })
    const { exitCode, stderr } = await broker.ended
    expect(exitCode).toBe(0)
    expect(stderr.trim().split('\n').at(-1)).toContain('"msg":"ended in order"')
    await client.close()
  })

  it('I24 keeps what it acknowledged over a SIGKILL, and says so', async () => {
    using folder = new Folder()
    const data = ['--data-dir', folder.path('data')]
    const first = await listening(...data)
    await first.broker.until(/what it acknowledges is on disk, in .*data \(durability: fsync\)/)
    const publisher = await connect(`mqtt://127.0.0.1:${first.port}`, { reconnect: false })
    await publisher.publish('kept', 'over a crash', { qos: 1, retain: true })
    first.broker.kill('SIGKILL')
    await first.broker.ended
    const second = await listening(...data)
    await using _ = second.broker
    await using reader = await connect(`mqtt://127.0.0.1:${second.port}`)
    for await (const message of await reader.subscribe('kept')) {
      expect(message.text()).toBe('over a crash')
      break
    }
    await publisher.close()
  })

  it('hostile #148: a data directory that cannot be used is 9, in one line', async () => {
    using folder = new Folder()
    const data = ['--data-dir', folder.path('data')]
    const { broker } = await listening(...data)
    await using _ = broker
    const second = await godwit('--port', '0', '--ws-port', 'off', ...data).ended
    expect(second).toMatchObject({ exitCode: 9, stdout: '' })
    expect(second.stderr).toMatch(/^godwit: --data-dir: .*data is already open, in another process\. [^\n]*\n$/)
    const foreign = await godwit('--port', '0', '--data-dir', folder.path('.')).ended
    expect(foreign.stderr).toContain('holds other files (data) and no store')
    expect(foreign.exitCode).toBe(9)
  })

  it('says what its durability is worth', async () => {
    using folder = new Folder()
    const { broker } = await listening('--data-dir', folder.path('data'), '--durability', 'process')
    await using _ = broker
    await broker.until(/survives its end, but no loss of power \(durability: process\)\.\n/)
  })

  it('prints its version and its help, and ends with 0', async () => {
    const version = await godwit('--version').ended
    expect(version).toMatchObject({ exitCode: 0, stderr: '' })
    expect(version.stdout).toMatch(/^godwit \d+\.\d+\.\d+\n$/)
    const help = await godwit('--help').ended
    expect(help).toMatchObject({ exitCode: 0, stderr: '' })
    expect(help.stdout).toContain('--password-file <file>')
    expect(help.stdout).toContain(' 4  a port that something else listens at')
  })

  it('logs JSON lines on standard error, and less where less is asked for', async () => {
    const { broker, port } = await listening('--log-level', 'debug')
    await using _ = broker
    await using client = await connect(`mqtt://127.0.0.1:${port}`, { clientId: 'me' })
    const [line] = await broker.until(/^.*client connected.*$/m)
    expect(JSON.parse(line)).toMatchObject({ clientId: 'me', msg: 'client connected' })
    await client.close()
    const quiet = await listening('--log-level', 'silent')
    await using __ = quiet.broker
    quiet.broker.kill('SIGTERM')
    expect(await quiet.broker.ended).toMatchObject({ exitCode: 0, stderr: '' })
  })
})

describe('godwit that cannot start', () => {
  it.each([
    [
      ['--prot', '1'],
      2,
      /^godwit: unknown option '--prot' \(Did you mean --port\?\) \(godwit --help shows every option\)\n$/,
    ],
    [['--password-file', '/nowhere/at/all'], 3, /^godwit: --password-file .* there is no such file; check the path\n$/],
    [['--host', '0.0.0.0'], 8, /^godwit: --host 0\.0\.0\.0 is open to others [^\n]*\n$/],
  ])('%j: says why in one line and ends with %i', async (argv, exitCode, line) => {
    expect(await godwit(...argv).ended).toMatchObject({ exitCode, stdout: '', stderr: expect.stringMatching(line) })
  })

  it('an occupied port ends with 4', async () => {
    const { broker, port } = await listening()
    await using _ = broker
    expect(await godwit('--port', port, '--ws-port', 'off').ended).toMatchObject({ exitCode: 4, stdout: '' })
  })
})
