import { hostile, type HostileCase } from '../run/hostile-case.ts'
import { type Frame, readPublish } from '../wire/frames.ts'
import { publish, subscribe } from '../wire/packets.ts'
import type { WireClient } from '../wire/wire-client.ts'
import { becomes, BOTH, codesOf, published, silent, subscribed } from './helpers.ts'

/** How many are published at a time. */
const BURST = 1_000

/** Retained messages and those who subscribe to them. */
export const RETAINED: readonly HostileCase[] = [
  hostile(68, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const client = await trial.connected(version)
      await published(client, { topicName: '68', qos: 1, retain: true, payload: 'kept' })
      const member = await subscribed(trial, version, '$share/g/68')
      await silent(trial, member, 'retained messages for a group')
      await published(client, { topicName: '68', qos: 1, packetId: 2, retain: true })
      await member.ping()
    }),
  ),

  hostile(72, { limits: { maximumRetainedTopics: 1_000_000, matcherEntries: 1_000 } }, async (trial) => {
    const version = trial.versions.at(-1)!
    const publisher = await trial.connected(version)
    const count = trial.scale(1_000_000, 50_000)
    for (let at = 0; at < count; at += BURST) {
      const some = Array.from({ length: BURST }, (_, place) =>
        publish({ version, topicName: `72/${at + place}`, payload: 'r', retain: true }),
      )
      await publisher.sendAll(Buffer.concat(some))
      if (at % 10_000 === 0) await publisher.ping(10_000)
    }
    await publisher.ping(10_000)
    const client = await trial.connected(version)
    const started = performance.now()
    client.send(subscribe(version, 1, [['#', 0]]))
    await client.until(() => client.frames.length >= count, 60_000, `${count} retained messages`)
    await becomes(() => topicsOf(client).filter((topicName) => topicName.startsWith('72/')).length >= count, 5_000)
    trial.measure(`${count} retained messages`, performance.now() - started, 'ms')
    const topics = new Set(topicsOf(client).filter((topicName) => topicName.startsWith('72/')))
    trial.equal(topics.size, count, 'topics whose retained message came')
    client.frames.length = 0
    trial.freeCounts.add('met retainedReplayPerTurn')
    trial.freeCounts.add('met outputPauseBytes')
    await client.leave()
    for (let at = 0; at < count; at += BURST) {
      const some = Array.from({ length: BURST }, (_, place) =>
        publish({ version, topicName: `72/${at + place}`, retain: true }),
      )
      await publisher.sendAll(Buffer.concat(some))
    }
    await publisher.ping(10_000)
  }),

  hostile(74, (trial) =>
    trial.versionsOf([5], async (version) => {
      const client = await trial.connected(version)
      await published(client, { topicName: '74', qos: 1, retain: true, payload: 'kept' })
      const retained = async (options: number): Promise<number> => {
        client.send(subscribe(version, 1, [['74', options]]))
        await codesOf(client)
        return (await client.ping()).length
      }
      trial.equal(await retained(0x10), 1, 'retained messages of a new subscription with Retain Handling 1')
      trial.equal(await retained(0x10), 0, 'of the same again')
      trial.equal(await retained(0x00), 1, 'of the same with Retain Handling 0')
      trial.equal(await retained(0x20), 0, 'of the same with Retain Handling 2')
      await published(await trial.connected(version), { topicName: '74', qos: 1, packetId: 2, retain: true })
    }),
  ),

  hostile(149, { limits: { retainedReplayPerTurn: 1 } }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const publisher = await trial.connected(version)
      for (let topic = 0; topic < 300; topic++) {
        publisher.send(publish({ version, topicName: `149/${topic}`, payload: 'old', retain: true }))
      }
      await trial.alive(publisher)
      const client = await trial.connected(version)
      client.send(subscribe(version, 1, [['149/#', 0]]))
      for (let topic = 299; topic >= 0; topic--) {
        publisher.send(publish({ version, topicName: `149/${topic}`, payload: 'new', retain: true }))
      }
      await trial.alive(publisher)
      const came: Frame[] = []
      await becomes(async () => {
        came.push(...(await client.ping()))
        const messages = came.filter(({ type }) => type === 3).map((frame) => readPublish(frame, version))
        return (
          new Set(messages.filter(({ payload }) => payload.toString() === 'new').map(({ topicName }) => topicName))
            .size === 300
        )
      }, 3_000)
      const seen = new Set<string>()
      let late = 0
      for (const frame of came.filter(({ type }) => type === 3)) {
        const { topicName, payload } = readPublish(frame, version)
        if (payload.toString() === 'new') seen.add(topicName)
        else if (seen.has(topicName)) late++
      }
      trial.equal(seen.size, 300, 'topics whose new value came')
      trial.equal(late, 0, 'old values behind the new one')
      for (let topic = 0; topic < 300; topic++)
        publisher.send(publish({ version, topicName: `149/${topic}`, retain: true }))
      await trial.alive(publisher)
      trial.freeCounts.add('met retainedReplayPerTurn')
    }),
  ),
]

/** Of the messages that have come and that nobody has asked for yet. */
const topicsOf = (client: WireClient): string[] =>
  client.frames.filter(({ type }) => type === 3).map((frame) => readPublish(frame, client.version).topicName)
