import { hostile, type HostileCase } from '../run/hostile-case.ts'
import type { Trial } from '../run/trial.ts'
import { readConnack } from '../wire/frames.ts'
import { connect, publish, subscribe } from '../wire/packets.ts'
import type { WireClient } from '../wire/wire-client.ts'
import { addSubscriptions, becomes, BOTH, payloads, pause, published, silent, subscribed } from './helpers.ts'

/** Names that mean something to JavaScript. */
const NAMES = [
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  'valueOf',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toLocaleString',
  '__defineGetter__',
  '__lookupSetter__',
  'prototype',
  'length',
]

/** The old connection is told, in 5.0 by 0x8E, and closes. */
const displaced = async (trial: Trial, client: WireClient): Promise<void> => {
  trial.count('takeovers')
  await trial.endsAsRuled(client, [0x8e], '')
}

export const IDENTITY: readonly HostileCase[] = [
  hostile(85, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const clientId = trial.name()
      const before = trial.cpuMs()
      const until = performance.now() + (version === trial.versions.at(-1) ? trial.scale(4_000, 1_500) : 500)
      let connected = 0
      let silently = 0
      const lane = async (): Promise<WireClient> => {
        for (;;) {
          const client = await trial.connected(version, { clientId })
          connected++
          // A Client that is displaced comes back after a moment, as Clients do.
          const over = await becomes(() => client.hasEnded, Math.max(0, until - performance.now()) + 100)
          if (!over) return client
          if (version === 5 && client.frames.at(-1)?.body[0] !== 0x8e) silently++
          if (performance.now() > until) return client
          await pause(50)
        }
      }
      const clients = await Promise.all(Array.from({ length: 20 }, lane))
      await becomes(() => clients.filter(({ hasEnded }) => !hasEnded).length === 1, 500)
      trial.equal(clients.filter(({ hasEnded }) => !hasEnded).length, 1, 'survivors')
      trial.equal(silently, 0, 'losers that were not told')
      trial.count('takeovers', connected - 1)
      const cpuMs = trial.cpuMs() - before
      trial.measure(`CPU for ${connected} takeovers`, cpuMs, 'ms')
      trial.quick(cpuMs < 2_000, `${Math.round(cpuMs)} ms of CPU`)
    }),
  ),

  hostile(86, { login: { kind: 'hook', does: 'wait' } }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const clientId = trial.name()
      const [one, two] = [await trial.open({ version }), await trial.open({ version })]
      one.send(connect({ version, clientId }))
      await pause(30)
      two.send(connect({ version, clientId }))
      await pause(30)
      trial.check(!one.hasEnded, 'one that nobody knows yet has displaced another')
      await trial.command({ do: 'answer', clientId, allowed: true })
      await trial.command({ do: 'answer', clientId, allowed: true })
      trial.equal(readConnack(await two.expect('connack'), version).code, 0, 'the later CONNECT')
      await trial.alive(two)
      const frames = await one.ended()
      // It was let in first and displaced then, or refused at once.
      const said = frames.map(({ bytes }) => bytes.toString('hex'))
      const wordless = said.length === 0
      const busy = version === 5 ? said[0]?.startsWith('20') === true : said[0] === '20020003'
      const letIn = readCodeOf(said[0]) === 0
      trial.check(wordless || busy || letIn, `the earlier CONNECT got ${said.join(', ')}`)
      for (const name of ['takeovers', 'connectsRefused']) trial.freeCounts.add(name)
    }),
  ),

  hostile(87, { limits: { retainedReplayPerTurn: 5 } }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const publisher = await trial.connected(version)
      const all = Array.from({ length: 3_000 }, (_, place) => `87/${place}`)
      for (const topicName of all) publisher.send(publish({ version, topicName, payload: 'r', retain: true }))
      await trial.alive(publisher)
      const clientId = trial.name()
      const old = await trial.connected(version, { clientId })
      old.send(subscribe(version, 1, [['87/#', 0]]))
      await old.expect('suback')
      const newcomer = await trial.connected(version, { clientId })
      trial.count('takeovers')
      const toOld = await old.ended()
      trial.check(toOld.length < 3_000, 'the replay was over before the takeover')
      if (version === 5) trial.equal(toOld.at(-1)?.bytes.toString('hex', 0, 3), 'e0028e'.slice(0, 6), 'the last packet')
      await silent(trial, newcomer, 'messages of the old connection')
      for (const topicName of all) publisher.send(publish({ version, topicName, retain: true }))
      await trial.alive(publisher)
      trial.freeCounts.add('met retainedReplayPerTurn')
    }),
  ),

  hostile(88, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const clientId = trial.name()
      const old = await subscribed(trial, version, '88', { clientId })
      old.freeze()
      const started = performance.now()
      const newcomer = await trial.connected(version, { clientId })
      const tookMs = performance.now() - started
      trial.measure('until the newcomer was in', tookMs, 'ms')
      trial.quick(tookMs < 500, `the newcomer waited ${Math.round(tookMs)} ms`)
      trial.count('takeovers')
      newcomer.send(publish({ version, topicName: '88' }))
      await silent(trial, newcomer, 'messages for the subscription of before')
      old.thaw()
      await old.ended()
    }),
  ),

  hostile(89, { limits: { maximumTakeoversPer10Seconds: 10 } }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const clientId = trial.name()
      let last = await trial.connected(version, { clientId })
      for (let count = 0; count < 10; count++) {
        const next = await trial.connected(version, { clientId })
        await displaced(trial, last)
        last = next
      }
      const code = version === 5 ? 0x9f : 0x03
      for (const counter of ['takeoversRefused', 'met maximumTakeoversPer10Seconds']) trial.count(counter, 2)
      for (let count = 0; count < 2; count++) {
        await trial.refuses(connect({ version, clientId }), { connack: [code] }, version)
      }
      await trial.alive(last)
      trial.check(trial.broker.log.includes(clientId), 'no line of the log names the Client')
    }),
  ),

  hostile(90, { login: { kind: 'passwords', users: { ann: 'a', bob: 'b' } } }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      trial.sessionLogin = { username: 'ann', password: 'a' }
      const bob = { username: 'bob', password: 'b' }
      const clientId = trial.name()
      const ann = await trial.durable(version, clientId, trial.sessionLogin)
      await addSubscriptions(ann, [['90', 1]])
      const refusal = { connack: [version === 5 ? 0x85 : 0x02] }
      for (const clean of [true, false]) {
        await trial.part(`connected, clean ${clean}`, () =>
          trial.refuses(connect({ version, clientId, clean, ...bob }), refusal, version),
        )
      }
      trial.freeCounts.add('takeoversRefused')
      await trial.alive(ann)
      await ann.leave()
      for (const clean of [true, false]) {
        await trial.part(`away, clean ${clean}`, () =>
          trial.refuses(connect({ version, clientId, clean, ...bob }), refusal, version),
        )
      }
      const other = await trial.connected(version, bob)
      await published(other, { topicName: '90', qos: 1, payload: 'for ann' })
      const back = await trial.durable(version, clientId, trial.sessionLogin)
      trial.check(back.connack?.sessionPresent === true, 'the Session is gone')
      trial.equal(await payloads(back, 1), ['for ann'], 'her messages')
    }),
  ),

  hostile(91, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const clientId = trial.name()
      let last = await trial.connected(version, { clientId, username: 'ann', password: 'x' })
      for (const login of [{ username: 'bob', password: 'y' }, {}, { username: 'ann' }]) {
        const next = await trial.connected(version, { clientId, ...login })
        await displaced(trial, last)
        last = next
      }
    }),
  ),

  hostile(100, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      for (const name of NAMES) {
        await trial.part(name, async () => {
          const client = await trial.connected(version, { clientId: name, username: name, password: name })
          await addSubscriptions(client, [
            [name, 0],
            [`$share/${name}/g-${name}`, 0],
          ])
          client.send(publish({ version, topicName: name, payload: 'a' }))
          client.send(publish({ version, topicName: `g-${name}`, payload: 'b' }))
          trial.equal((await payloads(client, 2)).sort(), ['a', 'b'], name)
          await client.leave()
        })
      }
    }),
  ),

  hostile(101, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const publisher = await trial.connected(version)
      const topics = NAMES.flatMap((name) => [`101/${name}`, `101/${name}/${name}`])
      for (const topicName of topics) publisher.send(publish({ version, topicName, payload: 'r', retain: true }))
      await trial.alive(publisher)
      for (const [filter, count] of [
        ['101/#', 24],
        ['101/+', 12],
        ['101/+/toString', 1],
        ['101/__proto__/#', 2],
      ] as const) {
        const client = await subscribed(trial, version, filter)
        trial.equal((await client.ping()).length, count, `retained messages of ${filter}`)
        await client.leave()
      }
      for (const topicName of topics) publisher.send(publish({ version, topicName, retain: true }))
      await trial.alive(publisher)
    }),
  ),

  hostile(102, { store: 'disk' }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      for (const clientId of NAMES) {
        const client = await trial.durable(version, clientId)
        await addSubscriptions(client, [[clientId, 1]])
        await client.leave()
        await published(await trial.connected(version), {
          topicName: clientId,
          qos: 1,
          retain: true,
          payload: clientId,
        })
      }
      await trial.restart()
      for (const clientId of NAMES) {
        const client = await trial.durable(version, clientId)
        trial.check(client.connack?.sessionPresent === true, `the Session of ${clientId} is gone`)
        const { payload } = await client.expectPublish()
        trial.equal(payload.toString(), clientId, 'the message that waited')
        await published(await trial.connected(version), { topicName: clientId, qos: 1, retain: true })
      }
      await trial.forgetSessions()
      // Another process counts from 0.
      trial.restarted = true
    }),
  ),

  hostile(103, async (trial) => {
    const version = trial.versions.at(-1)!
    const sessions = trial.scale(10, 3)
    /** CPU for so many topics, 10,000 of each Session. */
    const cost = async (clients: WireClient[], nameOf: (place: number) => string): Promise<number> => {
      const before = trial.cpuMs()
      for (let session = 0; session < sessions; session++) {
        const client = await trial.connected(version)
        clients.push(client)
        for (let at = 0; at < 10_000; at += 1_000) {
          const filters = Array.from(
            { length: 1_000 },
            (_, place) => [nameOf(session * 10_000 + at + place), 0] as const,
          )
          client.send(subscribe(version, 1, filters))
          await client.expect('suback', 10_000)
        }
      }
      return trial.cpuMs() - before
    }
    const costs = async (...names: ((place: number) => string)[]): Promise<number[]> => {
      const clients: WireClient[] = []
      const found: number[] = []
      for (const nameOf of names) found.push(await cost(clients, nameOf))
      for (const client of clients) await client.leave()
      return found
    }
    const random = (place: number): string =>
      Math.imul(place + 1, 0x9e3779b1)
        .toString(2)
        .padStart(33, '-')
    await costs((place) => `w${place}`)
    const [first = 0, second = 0] = await costs(String, (place) => String(sessions * 10_000 + place))
    const crafted = (place: number): string => place.toString(2).padStart(33, '0')
    const [one = 0, other = 0] = await costs(crafted, (place) => crafted(sessions * 10_000 + place))
    const [ordinary = 0] = await costs(random)
    trial.measure('CPU for topics "0" and up', first, 'ms')
    trial.measure('for as many more', second, 'ms')
    trial.measure('for crafted ones', one, 'ms')
    trial.measure('for as many more', other, 'ms')
    trial.measure('for random ones of the same length', ordinary, 'ms')
    for (const [half, whole] of [
      [first, first + second],
      [one, one + other],
    ] as const) {
      trial.quick(whole / 2 / half < 1.3, `not linear: ${Math.round(half)} ms, then ${Math.round(whole)} ms in all`)
    }
    trial.quick(one < 2 * ordinary + 50, `${Math.round(one)} ms for crafted names, ${Math.round(ordinary)} ms else`)
  }),
]

/** Of a CONNACK, as hexadecimal digits. */
const readCodeOf = (frame: string | undefined): number | undefined => {
  if (frame?.startsWith('20') !== true) return undefined
  return Number.parseInt(frame.slice(6, 8), 16)
}
