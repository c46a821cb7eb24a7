import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bundleCommand, bundleScript } from '@godwit/vitest-preset/bundled-command'
import { HostProcess } from './host-process.ts'
import type { Contestant } from './running-broker.ts'

const PACKAGE = new URL('../../', import.meta.url)
const HOST = fileURLToPath(new URL('node_modules/.cache/godwit-host.js', PACKAGE))

/** The command `godwit` of this checkout. */
export const COMMAND = fileURLToPath(new URL('../../apps/broker/node_modules/.cache/hostile-suite/main.js', PACKAGE))

/** The sources of this checkout as one file each, so that a start takes little time and nothing has to be built before. */
export const bundleHost = async (): Promise<void> => {
  await bundleScript(new URL('src/brokers/godwit-host.ts', PACKAGE), PACKAGE, ['classic-level', 'ws'], HOST)
  await bundleCommand(new URL('../../apps/broker/', PACKAGE), ['classic-level', 'commander', 'pino', 'ws'], COMMAND)
}

const VERSION = (
  JSON.parse(readFileSync(new URL('../../../../apps/broker/package.json', import.meta.url), 'utf8')) as {
    version: string
  }
).version

/** Ours, embedded in a process that can tell its counters. */
export const GODWIT: Contestant = {
  name: 'godwit',
  title: () => `godwit ${VERSION}`,
  versions: [4, 5],
  ours: true,
  async start(setup, directory) {
    const broker = new HostProcess({ script: HOST, setup, directory, lacks: [] })
    await broker.start()
    return broker
  },
}
