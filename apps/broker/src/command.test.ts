import { connect } from '@godwit/mqtt-client'
import { describe, expect, it } from 'vitest'
import { godwit, listening } from './testing/run-godwit.ts'

describe('godwit as a process', () => {
  it('says in one line where it listens, and ends in order on SIGTERM', async () => {
    await using process = godwit('--port', '0', '--ws-port', '0')
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

  it('--no-persistence says what it means', async () => {
    const { broker } = await listening('--no-persistence')
    await using _ = broker
    expect((await broker.until(/Sessions .*\n/))[0]).toBe(
      'Sessions and messages live in memory and end with it (--no-persistence).\n',
    )
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
