import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { testCertificates } from '@godwit/mqtt-transport/testing'
import { HostProcess } from './host-process.ts'
import { type Contestant, NotApplicable } from './running-broker.ts'

const manifest = createRequire(import.meta.url)
  .resolve('aedes')
  .replace(/aedes\.js$/, 'package.json')
/** Its `keepaliveLimit` is not here: it refuses whoever asks for more, and the quiet Clients that watch ask for none. */
const HAS: ReadonlySet<string> = new Set([
  'connectTimeoutMs',
  'outputStallTimeoutMs',
  'maximumClientIdBytes',
  'maximumTopicLevels',
])

/** From npm; it speaks no 5.0. */
export const AEDES: Contestant = {
  name: 'aedes',
  title: () => `aedes ${(JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version}`,
  versions: [4],
  ours: false,
  async start(setup, directory) {
    if (setup.store === 'held' || setup.store === 'disk') throw new NotApplicable('what it keeps, it keeps in memory')
    if (setup.listeners?.includes('ws') === true) throw new NotApplicable('WebSocket is code of the embedding program')
    if (setup.login?.kind === 'revocable') throw new NotApplicable('rights are code of the embedding program')
    if (setup.login?.kind === 'passwords' && setup.login.acl !== undefined) {
      throw new NotApplicable('rights are code of the embedding program')
    }
    const script = fileURLToPath(new URL('aedes-host.mjs', import.meta.url))
    const certificates = { authority: testCertificates.authority, server: testCertificates.server }
    const lacks = [
      ...Object.keys(setup.limits ?? {}).filter((name) => !HAS.has(name)),
      ...Object.keys(setup.settings ?? {}),
    ]
    const broker = new HostProcess({ script, setup, directory, certificates, lacks })
    await broker.start()
    return broker
  },
}
