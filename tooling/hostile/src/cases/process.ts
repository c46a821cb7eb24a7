import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COMMAND } from '../brokers/godwit.ts'
import { NotApplicable } from '../brokers/running-broker.ts'
import { hostile, type HostileCase } from '../run/hostile-case.ts'
import { Random } from '@godwit/vitest-preset/random'
import type { Trial } from '../run/trial.ts'
import { bytes, hex, text } from '../wire/bytes.ts'
import { auth, connect, publish, subscribe, unsubscribe, type Version } from '../wire/packets.ts'
import type { WireClient } from '../wire/wire-client.ts'
import { answerTo, becomes, BOTH, payloads, pause, published, silent, subscribed } from './helpers.ts'

/** Runs our command until it has ended, or until it listens: then it is ended. */
const godwit = async (trial: Trial, ...given: string[]): Promise<{ code: number | null; output: string }> => {
  if (!trial.ours) throw new NotApplicable('what the command of ours does at its start')
  const child = spawn(process.execPath, [COMMAND, '--no-persistence', '--port', '0', '--ws-port', 'off', ...given], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const closed = once(child, 'close') as Promise<[number | null]>
  let ended = false
  void closed.then(() => (ended = true))
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await becomes(() => ended || /mqtts?:\/\/\S+:[1-9]/.test(output), 15_000)
  if (!ended) child.kill('SIGTERM')
  const [code] = await closed
  return { code: ended && /mqtts?:\/\/\S+:[1-9]/.test(output) ? 0 : code, output }
}

const inFolder = async (work: (write: (name: string, content: string) => string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-hostile-'))
  try {
    await work((name, content) => {
      writeFileSync(join(folder, name), content)
      return join(folder, name)
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const PROCESS: readonly HostileCase[] = [
  hostile(126, { openFiles: 256, limits: { maximumConnections: 100_000 } }, async (trial) => {
    const client = await trial.connected(4)
    const sockets: WireClient[] = []
    for (let count = 0; count < 400; count++) sockets.push(await trial.open())
    await pause(200)
    await trial.alive(client)
    for (const socket of sockets) socket.drop()
    const back = await becomes(async () => {
      const next = await trial.open()
      next.send(connect({ version: 4, clientId: trial.name() }))
      return (await answerTo(next)) === 0
    }, 6_000)
    trial.check(back, 'nobody is let in after the flood')
    for (const name of ['connectionsRefused', 'met maximumConnections', 'protocolErrors']) trial.freeCounts.add(name)
  }),

  hostile(128, async (trial) => {
    const random = new Random(128)
    const version = trial.versions.at(-1)!
    const seeds = (each: Version): Buffer[] => [
      connect({ version: each, clientId: 'f', will: { topicName: 'w' }, username: 'u', password: 'p' }),
      publish({ version: each, topicName: 'fuzz', qos: 1, payload: 'p' }),
      publish({ version: each, topicName: 'fuzz', qos: 2, retain: false }),
      subscribe(each, 1, [
        ['fuzz/#', 1],
        ['$share/g/fuzz', 2],
      ]),
      unsubscribe(each, 2, ['fuzz/#']),
      hex('40 02 00 01'),
      hex('62 02 00 01'),
      hex('E0 00'),
      hex('F0 00'),
      auth(0x18, 0x15, text('X')),
    ]
    const mutated = (content: Buffer): Buffer => {
      const copy = Buffer.from(content)
      for (let count = random.whole(1, 3); count > 0; count--)
        copy[random.whole(0, copy.length - 1)] = random.whole(0, 255)
      return random.percent(20) ? copy.subarray(0, random.whole(1, copy.length)) : copy
    }
    const runs = trial.scale(20_000, 1_500)
    await trial.each(
      Array.from({ length: runs }, (_, place) => place),
      () => 'a conversation',
      async (place) => {
        const client = await trial.open({ version })
        client.keeps = false
        const all = seeds(version)
        const start = place % 3 === 0 ? mutated(all[0]!) : connect({ version, clientId: `fuzz-${place % 50}` })
        client.send(start, ...Array.from({ length: 4 }, () => mutated(random.one(all))))
        await pause(1)
        client.drop()
      },
    )
    trial.everythingCounted()
    // Sessions and retained messages that happened to be made are not this case's business.
    for (const name of [
      'sessions',
      'subscriptions',
      'retainedMessages',
      'retainedBytes',
      'queuedMessages',
      'queuedBytes',
    ]) {
      trial.freeGauges.add(name)
    }
  }),

  hostile(129, async (trial) => {
    await inFolder(async (write) => {
      const good = write('good', 'ann:$7$101$AAAA$AAAA\n')
      const exits = async (what: string, wanted: number, ...given: string[]): Promise<void> => {
        const { code, output } = await godwit(trial, ...given)
        trial.equal(code, wanted, `the exit code for ${what} (${output.trim().slice(0, 200)})`)
      }
      await exits('a malformed password file', 7, '--password-file', write('bad', 'no colon\n'))
      await exits('a malformed ACL file', 7, '--password-file', good, '--acl-file', write('acl', 'topic sometimes x\n'))
      await exits('a password file that is not there', 3, '--password-file', `${good}-not`)
      const unreadable = write('unreadable', '')
      chmodSync(unreadable, 0)
      if (process.getuid?.() !== 0)
        await exits('a password file that may not be read', 3, '--password-file', unreadable)
    })
  }),

  hostile(130, async (trial) => {
    const { output } = await godwit(trial)
    trial.check(output.includes('mqtt://127.0.0.1:'), `it listens elsewhere: ${output.slice(0, 200)}`)
    for (const host of ['0.0.0.0', '::']) {
      const { code } = await godwit(trial, '--host', host)
      trial.equal(code, 8, `the exit code for ${host} without a login`)
    }
  }),

  hostile(133, { store: 'disk' }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      for (const clientId of ['../../x', '/etc/x', 'a\\b', '%00', '.', '..', 'CON']) {
        await trial.part(clientId, async () => {
          const client = await trial.durable(version, clientId)
          await trial.alive(client)
          await client.leave()
        })
      }
      for (const clientId of ['a\nFAKE LOG', 'a\u001b[31mred', 'x'.repeat(65_000)]) {
        const client = await trial.open({ version })
        client.send(connect({ version, clientId, properties: Buffer.alloc(0) }))
        trial.freeCounts.add('connectsRefused')
        for (const name of [
          'packetsTooLarge',
          'met maximumConnectPacketSizeBytes',
          'met maximumClientIdBytes',
          'protocolErrors',
        ]) {
          trial.freeCounts.add(name)
        }
        await client.ended()
      }
      await trial.forgetSessions()
      const lines = trial.broker.log.split('\n')
      trial.check(!lines.some((line) => line.startsWith('FAKE LOG')), 'a line of the log is made up')
      trial.check(!trial.broker.log.includes('\u001b[31m'), 'the log has an escape sequence of a Client')
      trial.check(!trial.broker.log.includes('x'.repeat(300)), 'the log has a Client Identifier of any length')
    }),
  ),

  hostile(141, async (trial) => {
    const firsts = Array.from({ length: 16 }, (_, flags) => flags)
    await trial.each(
      firsts,
      (first) => `first byte ${first}`,
      (first) => trial.refuses(bytes(first), 'closed'),
    )
    await trial.versionsOf(BOTH, (version) =>
      trial.each(
        firsts,
        (first) => `byte ${first}`,
        (first) => trial.breaks(version, bytes(first), [0x81, 0x82]),
      ),
    )
  }),

  hostile(156, (trial) =>
    trial.versionsOf([4], async (version) => {
      await trial.part('a Mosquitto bridge', async () => {
        // It tries 3.1.1 with the bridge bit first, and falls back.
        const first = await trial.open({ version })
        first.send(connect({ version, clientId: 'bridge', level: 0x84 }))
        trial.count('protocolErrors|connectsRefused')
        await trial.ends(first, { connack: [0x01] })
        const state = '$SYS/broker/connection/bridge/state'
        const will = { topicName: state, payload: '0', qos: 1, retain: true }
        const bridge = await trial.connected(version, { clientId: 'bridge', clean: true, will })
        await published(bridge, { topicName: state, qos: 1, retain: true, payload: '1' })
        const watcher = await subscribed(trial, version, state)
        trial.equal(await payloads(watcher, 1), ['1'], 'its state')
        await published(bridge, { topicName: state, qos: 1, retain: true })
      })
      await trial.part('Home Assistant', async () => {
        const client = await trial.connected(version)
        client.send(
          subscribe(
            version,
            1,
            Array.from({ length: 500 }, (_, place) => [`homeassistant/${place}/#`, 0] as const),
          ),
        )
        const { length } = (await client.expect('suback')).body
        trial.equal(length, 502, 'bytes of a SUBACK of 500 filters')
      })
      await trial.part('Node-RED', async () => {
        const watcher = await subscribed(trial, version, [['156', 0]])
        const client = await trial.connected(version)
        const burst = Array.from({ length: 5_000 }, (_, place) =>
          publish({ version, topicName: '156', qos: 2, packetId: place + 1, payload: String(place) }),
        )
        await client.sendAll(Buffer.concat(burst))
        await becomes(() => client.frames.length >= 5_000, 5_000)
        trial.equal(client.frames.splice(0).filter(({ type }) => type === 5).length, 5_000, 'PUBRECs')
        for (let packetId = 1; packetId <= 5_000; packetId++)
          client.send(bytes(0x62, 2, packetId >> 8, packetId & 0xff))
        await becomes(() => client.frames.length >= 5_000, 5_000)
        trial.equal(client.frames.splice(0).filter(({ type }) => type === 7).length, 5_000, 'PUBCOMPs')
        trial.equal((await payloads(watcher, 5_000)).at(-1), '4999', 'the last message')
      })
      await trial.part('a Sparkplug node', async () => {
        const watcher = await subscribed(trial, version, 'spBv1.0/#')
        const will = { topicName: 'spBv1.0/g/NDEATH/n', payload: 'death', qos: 1 }
        const node = await trial.connected(version, { will })
        await published(node, { topicName: 'spBv1.0/g/NBIRTH/n', payload: 'birth' })
        trial.equal(await payloads(watcher, 1), ['birth'], 'its birth')
        node.drop()
        trial.count('willsPublished')
        trial.equal(await payloads(watcher, 1), ['death'], 'its death')
        await silent(trial, watcher, 'more')
      })
    }),
  ),
]
