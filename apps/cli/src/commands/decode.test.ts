import { describe, expect, it } from 'vitest'
import { run } from '../program.ts'
import { FakeTerminal } from '../testing/fake-terminal.ts'

async function decoded(...argv: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  const terminal = new FakeTerminal()
  const exitCode = await run(['decode', ...argv], terminal)
  return { exitCode, out: terminal.stdout.text, err: terminal.stderr.text }
}

describe('mqtt decode', () => {
  it('shows a PUBLISH bit by bit, and what it costs as an HTTP request', async () => {
    const { exitCode, out } = await decoded('30070005', '68656c6c6f', '-V', '311')
    expect(exitCode).toBe(0)
    expect(out).toContain('PUBLISH, MQTT 3.1.1, 9 bytes')
    for (const line of [
      /0011 \.\.\.\. +Message Type +3 PUBLISH/,
      /\.\.\.\. 0\.\.\. +DUP/,
      /68 65 6c 6c 6f +text +"hello"/,
      /POST \/hello HTTP\/1\.1/,
    ]) {
      expect(out).toMatch(line)
    }
  })

  it('a CONNECT needs no version, and costs nothing over HTTP', async () => {
    const { exitCode, out } = await decoded('100d00044d515454040200000001 61')
    expect([exitCode, out.includes('HTTP')]).toEqual([0, false])
    expect(out).toMatch(/CONNECT, MQTT 3\.1\.1/)
  })

  it('a malformed packet: as far as it goes, then what is wrong and where', async () => {
    const { exitCode, out } = await decoded('3005000323', '6161', '-V', '311')
    expect(exitCode).toBe(66)
    expect(out).toMatch(/malformed-packet: there is a wildcard in the Topic Name \(byte 2 of PUBLISH, MQTT-3\.3\.2-2\)/)
  })

  it('what is not hexadecimal, and a version that is none', async () => {
    expect(await decoded('3g')).toMatchObject({ exitCode: 65, out: '' })
    expect(await decoded('c000', '-V', '6')).toMatchObject({ exitCode: 2, out: '' })
  })

  it('text of a packet cannot move the cursor', async () => {
    const { out } = await decoded('3006 0004 1b5b324a', '-V', '311')
    expect(out).not.toContain('\u001b')
  })
})
