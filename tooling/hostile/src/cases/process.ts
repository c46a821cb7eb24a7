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
import { readConnack } from '../wire/frames.ts'
import { auth, connect, publish, sessionExpiry, subscribe, unsubscribe, type Version } from '../wire/packets.ts'
import { clientFirst, ScramClient } from '../wire/scram-client.ts'
import type { WireClient } from '../wire/wire-client.ts'
import { becomes, BOTH, payloads, pause, published, silent, subscribed } from './helpers.ts'

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

/** The answer to a CONNECT: its code, or that there was none. */
const answerTo = async (client: WireClient): Promise<number | 'closed'> => {
  const frame = await client.next(4_000).catch(() => undefined)
  return frame === undefined || frame.type !== 2 ? 'closed' : readConnack(frame, client.version).code
}

const median = (all: readonly number[]): number => [...all].sort((one, other) => one - other)[all.length >> 1] ?? 0

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

  hostile(127, { login: { kind: 'hook', does: 'wait' }, limits: { authenticationTimeoutMs: 500 } }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      for (const does of ['throw', 'reject', 'hang'] as const) {
        await trial.part(does, async () => {
          const client = await trial.open({ version })
          const started = performance.now()
          client.send(connect({ version, clientId: trial.name(), username: does, password: 'x' }))
          trial.count('connectsRefused')
          if (does === 'hang') {
            trial.count('authenticationTimeouts')
            trial.count('met authenticationTimeoutMs')
          }
          await trial.ends(client, { connack: version === 5 ? [0x88, 0x83] : [0x03] })
          trial.check(does !== 'hang' || performance.now() - started > 450, 'refused before its time was over')
        })
      }
      await trial.part('twice', async () => {
        await trial.alive(await trial.connected(version, { username: 'answer twice', password: 'x' }))
      })
    }),
  ),

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

  hostile(131, { login: { kind: 'passwords', users: { ann: 'right' }, iterations: 5_000 } }, async (trial) => {
    const version = trial.versions.at(-1)!
    const took = { ann: [] as number[], nobody: [] as number[] }
    const codes = new Set<number | string>()
    const rounds = trial.scale(5_000, 150)
    for (let count = 0; count < rounds; count++) {
      for (const username of ['ann', 'nobody'] as const) {
        const client = await trial.open({ version })
        const started = performance.now()
        client.send(connect({ version, clientId: 'x', username, password: `wrong ${count}` }))
        codes.add(await answerTo(client))
        took[username].push(performance.now() - started)
        client.drop()
      }
    }
    trial.count('connectsRefused', 2 * rounds)
    const [known, unknown] = [median(took.ann), median(took.nobody)]
    trial.measure('a wrong password of a user', known, 'ms')
    trial.measure('a user that there is not', unknown, 'ms')
    trial.equal(codes.size, 1, `different answers (${[...codes].join(', ')}), where one`)
    trial.quick(
      Math.abs(known - unknown) / known < 0.05,
      `${known.toFixed(2)} ms and ${unknown.toFixed(2)} ms (median)`,
    )
  }),

  hostile(132, { login: { kind: 'passwords', users: { ann: 'right' }, iterations: 5_000 } }, async (trial) => {
    const version = trial.versions.at(-1)!
    const count = trial.scale(1_000, 500)
    const clients = await Promise.all(Array.from({ length: count }, () => trial.open({ version })))
    for (const [place, client] of clients.entries()) {
      client.send(connect({ version, clientId: `x${place}`, username: 'ann', password: `wrong ${place}` }))
    }
    const codes = await Promise.all(clients.map((client) => answerToLater(client)))
    const busy = codes.filter((code) => code === (version === 5 ? 0x89 : 0x03) || code === 0x88).length
    const wrong = codes.filter(
      (code) => code === (version === 5 ? 0x86 : 0x04) || code === 0x87 || code === 0x05,
    ).length
    trial.equal(busy + wrong, count, 'answers')
    // Two are hashed and 256 wait; those that came later find the queue full.
    trial.check(busy >= 100, `${busy} of ${count} were told that the Server is busy`)
    trial.count('connectsRefused', count)
    trial.freeCounts.add('authenticationTimeouts')
    trial.freeCounts.add('met authenticationTimeoutMs')
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

  hostile(134, { login: { kind: 'passwords', users: { ann: 'Pa55-w0rd-0f-Ann' } } }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const secret = 'S3cret-payl0ad'
      const client = await subscribed(trial, version, '$SYS/#', { username: 'ann', password: 'Pa55-w0rd-0f-Ann' })
      await published(client, { topicName: '134', qos: 1, payload: secret })
      await trial.breaks(
        version,
        bytes(publish({ version, topicName: '#', payload: secret })),
        [0x81],
        'protocolErrors',
        {
          username: 'ann',
          password: 'Pa55-w0rd-0f-Ann',
        },
      )
      const wrong = await trial.open({ version })
      wrong.send(connect({ version, clientId: trial.name(), username: 'ann', password: 'Wr0ng-0ne' }))
      await wrong.ended()
      trial.count('connectsRefused')
      const told = Buffer.concat((await client.ping()).map((frame) => frame.bytes)).toString()
      for (const word of [secret, 'Pa55-w0rd', 'Wr0ng-0ne']) {
        trial.check(!trial.broker.log.includes(word), `the log has ${word}`)
        trial.check(!told.includes(word), `$SYS has ${word}`)
      }
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

  hostile(150, { login: { kind: 'scram', username: 'ann', password: 'secret' } }, (trial) =>
    trial.versionsOf([5], async (version) => {
      const method = bytes(0x15, text('SCRAM-SHA-256'))
      const begun = async (): Promise<WireClient> => {
        const client = await trial.open({ version })
        const given = bytes(method, 0x16, text(clientFirst('ann')))
        client.send(connect({ version, clientId: trial.name(), properties: given }))
        await client.expect('auth')
        return client
      }
      for (const code of [0x00, 0x19]) {
        await trial.part(`AUTH ${code} before CONNACK`, async () => {
          const client = await begun()
          client.send(auth(code, method))
          trial.count('protocolErrors|connectsRefused', 2)
          await trial.ends(client, { connack: [0x82] })
        })
      }
      await trial.part('AUTH 18 outside an exchange', async () => {
        const client = await trial.open({ version })
        await new ScramClient('ann', 'secret').connect(client, trial.name())
        client.send(auth(0x18, method))
        await trial.endsAsRuled(client, [0x82])
      })
      await trial.part('AUTH without a method', () => trial.breaks(version, auth(0x19, method), [0x82]))
      await trial.part('failed re-authentication', async () => {
        const clientId = trial.name()
        const client = await trial.open({ version })
        const scram = new ScramClient('ann', 'secret')
        const durable = { clean: false, properties: sessionExpiry(1_000) }
        await scram.connect(client, clientId, durable)
        client.send(auth(0x19, method, 0x16, text(clientFirst('ann'))))
        await client.expect('auth')
        client.send(auth(0x18, method, 0x16, text('c=biws,r=nonsense,p=AAAA')))
        for (const name of ['reauthenticationsRefused', 'protocolErrors', 'reauthentications'])
          trial.freeCounts.add(name)
        await trial.ends(client, { disconnect: [0x87] })
        const back = await trial.open({ version })
        const { sessionPresent } = await scram.connect(back, clientId, durable)
        trial.check(sessionPresent, 'the Session is gone behind a re-authentication that failed')
        await back.leave()
        // It ends here, since nobody can log in without the method.
        await scram.connect(await trial.open({ version }), clientId)
      })
    }),
  ),

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
      trial.freeCounts.add('met readBytesPerTurn')
    }),
  ),
]

/** Where many are asked, an answer takes its time. */
const answerToLater = async (client: WireClient): Promise<number | 'closed'> => {
  const frame = await client.next(20_000).catch(() => undefined)
  return frame === undefined || frame.type !== 2 ? 'closed' : readConnack(frame, client.version).code
}
