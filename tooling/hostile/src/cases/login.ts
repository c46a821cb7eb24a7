import { hostile, type HostileCase } from '../run/hostile-case.ts'
import { bytes, text } from '../wire/bytes.ts'
import { readConnack } from '../wire/frames.ts'
import { auth, connect, publish, sessionExpiry } from '../wire/packets.ts'
import { clientFirst, ScramClient } from '../wire/scram-client.ts'
import type { WireClient } from '../wire/wire-client.ts'
import { answerTo, BOTH, published, subscribed } from './helpers.ts'

const median = (all: readonly number[]): number => [...all].sort((one, other) => one - other)[all.length >> 1] ?? 0

export const LOGIN: readonly HostileCase[] = [
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
]

/** Where many are asked, an answer takes its time. */
const answerToLater = async (client: WireClient): Promise<number | 'closed'> => {
  const frame = await client.next(20_000).catch(() => undefined)
  return frame === undefined || frame.type !== 2 ? 'closed' : readConnack(frame, client.version).code
}
