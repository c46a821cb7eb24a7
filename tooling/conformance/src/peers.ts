import { spawnSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { describe, it } from 'vitest'

/** Programs of other projects that tests speak to, and how each is had on Debian. */
const PEERS = {
  mosquitto: { command: 'mosquitto', arguments: ['-h'], install: 'apt-get install mosquitto' },
  'mosquitto-clients': {
    command: 'mosquitto_pub',
    arguments: ['--help'],
    install: 'apt-get install mosquitto-clients',
  },
  'python3-paho-mqtt': {
    command: '/usr/bin/python3',
    arguments: ['-c', 'import paho.mqtt.client'],
    install: 'apt-get install python3-paho-mqtt',
  },
  chromium: { command: 'chromium', arguments: ['--version'], install: 'apt-get install chromium' },
} as const

export type Peer = keyof typeof PEERS

const isInstalled = (peer: Peer): boolean => {
  const { command, arguments: given } = PEERS[peer]
  const run = spawnSync(command, given, {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
  })
  if (run.error !== undefined) return false
  return peer === 'python3-paho-mqtt' ? run.status === 0 : true
}

/**
 * Tests that need a peer. Where it is not installed they are skipped and the run says so; where peers are required
 * (`GODWIT_PEERS=required`) its absence is a failure.
 */
export const describeWithPeer = (peer: Peer, title: string, tests: () => void): void => {
  if (isInstalled(peer)) {
    describe(title, tests)
    return
  }
  const { install } = PEERS[peer]
  if (process.env['GODWIT_PEERS'] === 'required') {
    describe(title, () => {
      it(`has ${peer}`, () => {
        throw new MissingPeer(`${peer} is required and not installed: ${install}`)
      })
    })
    return
  }
  const file = process.env['GODWIT_SKIPPED_FILE']
  if (file !== undefined) appendFileSync(file, `${title}: ${peer} is not installed (${install})\n`)
  describe.skip(`${title} (${peer} is not installed: ${install})`, tests)
}

class MissingPeer extends Error {
  readonly code = 'PEER_MISSING'
}
