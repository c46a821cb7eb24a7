import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The programs of others that our tests speak to. `.ci/run` installs the Debian packages. */
export const PEERS = [
  { name: 'mosquitto', debian: 'mosquitto' },
  { name: 'mosquitto_pub', debian: 'mosquitto-clients' },
  { name: 'mosquitto_sub', debian: 'mosquitto-clients' },
  { name: 'mosquitto_rr', debian: 'mosquitto-clients' },
  { name: 'mosquitto_passwd', debian: 'mosquitto' },
  { name: 'nats-server', debian: 'nats-server' },
  { name: 'rabbitmq-server', debian: 'rabbitmq-server' },
  { name: 'python3-paho-mqtt', debian: 'python3-paho-mqtt' },
  { name: 'chromium', debian: 'chromium' },
  { name: 'openssl', debian: 'openssl' },
  { name: 'gcc', debian: 'gcc' },
  { name: 'libpaho-mqtt', debian: 'libpaho-mqtt-dev' },
  { name: 'valgrind', debian: 'valgrind' },
]

export function findPeer(name) {
  const peer = PEERS.find((each) => each.name === name)
  if (peer === undefined) throw new TypeError(`${name} is not in the table of peers in tooling/vitest-preset/peers.mjs`)
  if (!found.has(name)) found.set(name, (FINDERS[name] ?? findCommand)(name))
  return found.get(name)
}

export function missingPeers(names) {
  const missing = names.filter((name) => findPeer(name) === undefined)
  if (missing.length === 0) return undefined
  const packages = [...new Set(missing.map((name) => PEERS.find((each) => each.name === name)?.debian))]
  return `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not installed (apt-get install ${packages.join(' ')})`
}

const found = new Map()

/** Debian's daemons live in /usr/sbin, which is not on the PATH of everybody. */
function findCommand(name) {
  for (const directory of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']) {
    const path = join(directory, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not in this directory.
    }
  }
  return undefined
}

/** Debian's module belongs to Debian's Python, which need not be the first on the PATH. The answer is that interpreter. */
function findPython() {
  for (const path of ['/usr/bin/python3', findCommand('python3')])
    try {
      execFileSync(path ?? '', ['-c', 'import paho.mqtt.client'], { stdio: 'ignore' })
      return path
    } catch {
      // Not with this interpreter.
    }
  return undefined
}

/** A library for C has no command; the answer is its header. */
const findHeader = () => ['/usr/include/MQTTClient.h'].find((path) => existsSync(path))

/** The command of that name in /usr/sbin is for root alone. */
const findRabbit = () => ['/usr/lib/rabbitmq/bin/rabbitmq-server'].find((path) => existsSync(path))

/** What is no command, or another one. */
const FINDERS = { 'python3-paho-mqtt': findPython, 'libpaho-mqtt': findHeader, 'rabbitmq-server': findRabbit }
