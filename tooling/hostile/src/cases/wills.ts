import { hostile, type HostileCase } from '../run/hostile-case.ts'
import type { Trial } from '../run/trial.ts'
import { hex } from '../wire/bytes.ts'
import {
  connect,
  disconnect,
  DISCONNECT,
  sessionExpiry,
  type Version,
  willDelay,
  type WillFields,
} from '../wire/packets.ts'
import type { WireClient } from '../wire/wire-client.ts'
import { BOTH, becomes, payloads, pause, silent, subscribed } from './helpers.ts'

/** A Client with a Will ends in some way; how often does the Will come? */
const willAfter = async (
  trial: Trial,
  version: Version,
  what: string,
  times: 0 | 1,
  end: (client: WireClient, clientId: string) => Promise<void>,
  keepAliveSeconds = 60,
): Promise<void> =>
  await trial.part(what, async () => {
    const topicName = trial.name()
    const watcher = await subscribed(trial, version, topicName)
    const clientId = trial.name()
    const will: WillFields = { topicName, payload: what }
    const client = await trial.connected(version, { clientId, will, keepAliveSeconds })
    await end(client, clientId)
    if (times === 1) {
      trial.count('willsPublished')
      trial.equal(await payloads(watcher, 1, 4_000), [what], 'the Will')
    } else await becomes(() => client.hasEnded, 500)
    await silent(trial, watcher, `more Wills after ${what}`)
  })

export const WILLS: readonly HostileCase[] = [
  hostile(
    93,
    {
      login: {
        kind: 'passwords',
        users: { ann: 'a' },
        acl: 'user ann\ntopic readwrite ok/#\nuser canary\ntopic readwrite #\n',
      },
    },
    (trial) =>
      trial.versionsOf(BOTH, async (version) => {
        const watcher = await subscribed(trial, version, '93/#', { username: 'canary', password: 'yellow' })
        const client = await trial.open({ version })
        const will = { topicName: '93/denied' }
        client.send(connect({ version, clientId: trial.name(), username: 'ann', password: 'a', will }))
        await client.expect('connack')
        client.drop()
        await pause(100)
        await silent(trial, watcher, 'Wills that are denied')
        for (const name of ['dropped not-authorized', 'connectsRefused']) trial.freeCounts.add(name)
      }),
  ),

  hostile(94, { login: { kind: 'passwords', users: { ann: 'a' } } }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const watcher = await subscribed(trial, version, '94', { username: 'ann', password: 'a' })
      const will = { topicName: '94' }
      const login = { username: 'ann', password: 'wrong' }
      const refusal = { connack: [version === 5 ? 0x86 : 0x04, version === 5 ? 0x87 : 0x05] }
      await trial.refuses(connect({ version, clientId: trial.name(), will, ...login }), refusal, version)
      await pause(30)
      await silent(trial, watcher, 'Wills of somebody who was refused')
    }),
  ),

  hostile(95, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      await Promise.all([
        willAfter(trial, version, 'RST', 1, async (client) => client.drop('reset')),
        willAfter(trial, version, 'FIN', 1, async (client) => client.drop()),
        willAfter(
          trial,
          version,
          'keep-alive timeout',
          1,
          async () => {
            trial.count('keepAliveTimeouts')
            trial.freeCounts.add('protocolErrors')
          },
          1,
        ),
        willAfter(trial, version, 'protocol error', 1, async (client) => client.send(hex('C1 00'))),
        willAfter(trial, version, 'takeover', 1, async (_client, clientId) => {
          trial.count('takeovers')
          await trial.connected(version, { clientId })
        }),
        willAfter(trial, version, 'DISCONNECT 00', 0, async (client) => client.leave()),
      ])
      if (trial.ours) {
        await willAfter(trial, version, 'kick', 1, (_client, clientId) => trial.command({ do: 'disconnect', clientId }))
      }
      if (version !== 5) return
      for (const code of [0x04, 0x80, 0x93]) {
        await willAfter(trial, version, `DISCONNECT ${code}`, 1, async (client) => client.send(disconnect(code)))
      }
      await trial.part('takeover of a Session that lives on, with a delay', async () => {
        const watcher = await subscribed(trial, version, 'h95')
        const clientId = trial.name()
        const will = { topicName: 'h95', properties: willDelay(1_000) }
        await trial.durable(version, clientId, { will })
        await trial.durable(version, clientId)
        trial.count('takeovers')
        await pause(50)
        await silent(trial, watcher, 'Wills that wait')
        await trial.durable(version, clientId, { will })
        await trial.connected(version, { clientId, clean: true })
        trial.count('takeovers', 2)
        trial.count('willsPublished')
        trial.equal(await payloads(watcher, 1), ['will'], 'the Will of a Session that ends')
      })
    }),
  ),

  hostile(96, { login: { kind: 'revocable' } }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const watcher = await subscribed(trial, version, '96/#')
      const topicName = `96/${version}`
      const client = await trial.connected(version, { will: { topicName } })
      await trial.command({ do: 'revoke', what: 'publish', prefix: topicName })
      client.drop()
      trial.count('dropped not-authorized')
      await pause(50)
      await silent(trial, watcher, 'Wills without the right')
    }),
  ),

  hostile(97, (trial) =>
    trial.versionsOf([5], async (version) => {
      const watcher = await subscribed(trial, version, 'h97')
      const lost = async (payload: string, seconds: number): Promise<string> => {
        const clientId = trial.name()
        const will = { topicName: 'h97', payload, properties: willDelay(0xff_ff_ff_ff) }
        const client = await trial.connected(version, { clientId, will, properties: sessionExpiry(seconds) })
        client.drop()
        return clientId
      }
      trial.count('willsPublished', 2)
      await lost('expiry 0', 0)
      trial.equal(await payloads(watcher, 1), ['expiry 0'], 'the Will of a Session that ends with its connection')
      // 1 s stands for any finite expiry.
      const started = performance.now()
      await lost('expiry 1', 1)
      const forever = await lost('never', 0xff_ff_ff_ff)
      trial.equal(await payloads(watcher, 1), ['expiry 1'], 'the Will of a Session that ends')
      const tookMs = performance.now() - started
      trial.check(tookMs > 990, `the Will came after ${Math.round(tookMs)} ms, before its Session ended`)
      await silent(trial, watcher, 'the Will of a Session that never ends')
      // It resumes, which ends the delay without the Will, and then its Session ends.
      await (await trial.durable(version, forever)).leave()
    }),
  ),

  hostile(154, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const watcher = await subscribed(trial, version, 'h154')
      const will = { topicName: 'h154', payload: 'lost' }
      const both = await trial.open({ version })
      both.send(connect({ version, clientId: trial.name(), will }), DISCONNECT)
      trial.equal(
        (await both.ended()).map(({ type }) => type),
        [2],
        'packets before the end',
      )
      await silent(trial, watcher, 'Wills behind a DISCONNECT')
      const half = await trial.open({ version })
      half.send(connect({ version, clientId: trial.name(), will }))
      half.stream.end()
      trial.count('willsPublished')
      trial.equal(await payloads(watcher, 1), ['lost'], 'the Will of a connection that is closed half')
      await half.ended()
    }),
  ),
]
