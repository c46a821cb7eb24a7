import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Broker, createBroker } from '@godwit/mqtt-broker'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { OTHER_ENGINES, THIS_NODE } from './engines.ts'

/** The others are hundreds of megabytes to fetch: `pnpm night engines` does. */
const ENGINES = process.env['GODWIT_ENGINES'] === 'all' ? [THIS_NODE, ...OTHER_ENGINES] : [THIS_NODE]
const SEEN = '0 grüße 0 0, 1 grüße 1 1, 2 grüße 2 2, CLOSED'

describeWithPeers(['openssl'], 'the packed client against the broker', () => {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-engines-'))
  const certificate = join(folder, 'certificate.pem')
  let broker: Broker
  let urls: readonly string[]

  beforeAll(async () => {
    broker = createBroker()
    const tls = makeCertificate(certificate, join(folder, 'key.pem'))
    const listening = [
      await broker.listen('mqtt://127.0.0.1:0'),
      await broker.listen({ url: 'mqtts://127.0.0.1:0', tls }),
      await broker.listen('ws://127.0.0.1:0/mqtt'),
      await broker.listen({ url: 'wss://127.0.0.1:0/mqtt', tls }),
    ]
    urls = listening.map(({ url }) => url)
  })

  afterAll(async () => {
    await broker?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  describe.each(ENGINES.map((engine) => [engine.name, engine] as const))('%s', (_name, engine) => {
    let binary: string
    beforeAll(async () => {
      binary = await engine.find()
    }, 600_000)

    it.each(['program.mjs', 'program.cjs'])(
      '%s: every QoS over TCP, TLS and WebSocket, and nothing keeps the process alive',
      async (program) => {
        const given = [...engine.parameters, program, certificate, ...urls]
        const { stdout, stderr } = await promisify(execFile)(binary, given, {
          cwd: inject('packedClient'),
          timeout: 60_000,
        })
        expect(stderr).toBe('')
        expect(stdout.trimEnd().split('\n')).toEqual(
          ['mqtt:', 'mqtts:', 'ws:', 'wss:'].map((scheme) => `${scheme} ${SEEN}`),
        )
      },
    )
  })
})

/** A certificate for 127.0.0.1 that is its own authority. */
function makeCertificate(certificate: string, key: string): { readonly cert: string; readonly key: string } {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  )
  return { cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') }
}
