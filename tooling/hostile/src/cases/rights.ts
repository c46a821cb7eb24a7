import { hostile, type HostileCase } from '../run/hostile-case.ts'
import { nameOf, readCodes, readPublish, TYPES } from '../wire/frames.ts'
import { publish, subscribe } from '../wire/packets.ts'
import { addSubscriptions, BOTH, payloads, published, silent, subscribed } from './helpers.ts'

const PATTERNS = 'pattern readwrite home/%u/#\npattern write from/%c\nuser canary\ntopic readwrite #\n'
// A line that begins with # is a comment, so that nobody can be called so.
const ODD = ['+', 'a/b', '%c', '%u', 'a/#', '+/#']

export const RIGHTS: readonly HostileCase[] = [
  hostile(
    92,
    {
      login: {
        kind: 'passwords',
        users: { ann: 'old' },
        acl: 'user ann\ntopic readwrite one/#\nuser canary\ntopic readwrite #\n',
      },
    },
    (trial) =>
      trial.versionsOf(BOTH, async (version) => {
        const before = {
          users: { ann: 'old' },
          acl: 'user ann\ntopic readwrite one/#\nuser canary\ntopic readwrite #\n',
        }
        await trial.command({ do: 'login', ...before })
        trial.sessionLogin = { username: 'ann', password: 'old' }
        const clientId = trial.name()
        const first = await trial.durable(version, clientId, trial.sessionLogin)
        await addSubscriptions(first, [['one/#', 1]])
        const acl = 'user ann\ntopic readwrite two/#\nuser canary\ntopic readwrite #\n'
        await trial.command({ do: 'login', users: { ann: 'new' }, acl })
        trial.sessionLogin = { username: 'ann', password: 'new' }
        const again = await trial.durable(version, clientId, trial.sessionLogin)
        trial.count('takeovers')
        trial.check(again.connack?.sessionPresent === true, 'no Session to resume')
        const other = await trial.connected(version, { username: 'canary', password: 'yellow' })
        await published(other, { topicName: 'one/x', qos: 1 })
        await silent(trial, again, 'messages of what is no longer allowed')
        again.send(
          subscribe(version, 1, [
            ['one/x', 0],
            ['two/x', 0],
          ]),
        )
        const { codes } = readCodes(await again.expect('suback'), version)
        trial.check(codes[0]! >= 0x80 && codes[1] === 0, `codes ${codes.join()}`)
        trial.count('subscriptionsRefused')
        trial.freeCounts.add('dropped not-authorized')
      }),
  ),

  hostile(98, { login: { kind: 'revocable' } }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const secret = `98/${version}/secret`
      const open = `98/${version}/open`
      const publisher = await trial.connected(version)
      await published(publisher, { topicName: secret, qos: 1, retain: true, payload: 'retained' })
      const live = await subscribed(trial, version, `98/${version}/#`)
      await payloads(live, 1)
      const shared = await subscribed(trial, version, `$share/g/98/${version}/#`)
      const away = trial.name()
      const sleeper = await trial.durable(version, away)
      await addSubscriptions(sleeper, [[`98/${version}/#`, 1]])
      await payloads(sleeper, 1)
      await sleeper.leave()
      // One that is in flight when its connection breaks: it would be sent again.
      const cut = trial.name()
      const broken = await trial.durable(version, cut)
      await addSubscriptions(broken, [[`98/${version}/#`, 1]])
      await payloads(broken, 1)
      await published(publisher, { topicName: secret, qos: 1, packetId: 2, payload: 'queued' })
      await payloads(broken, 1)
      broken.drop()
      await live.ping()
      await shared.ping()

      await trial.command({ do: 'revoke', what: 'receive', prefix: secret })
      await published(publisher, { topicName: secret, qos: 1, packetId: 3, payload: 'live' })
      await published(publisher, { topicName: open, qos: 1, packetId: 4, payload: 'open' })
      const resumed = await trial.durable(version, away)
      const resent = await trial.durable(version, cut)
      const fresh = await subscribed(trial, version, `98/${version}/#`)
      const clients = { live, shared, resumed, resent, fresh }
      for (const [name, client] of Object.entries(clients)) {
        const messages = (await client.ping()).filter(({ type }) => type === TYPES.publish)
        const leaked = messages
          .map((frame) => readPublish(frame, version))
          .filter(({ topicName }) => topicName === secret)
        trial.equal(
          leaked.map(({ payload }) => payload.toString()),
          [],
          `what ${name} got after the revocation`,
        )
      }
      for (const name of ['dropped not-authorized', 'dropped no-group-member']) trial.freeCounts.add(name)
      await published(publisher, { topicName: secret, qos: 1, packetId: 5, retain: true })
    }),
  ),

  hostile(
    99,
    { login: { kind: 'passwords', users: Object.fromEntries(ODD.map((name) => [name, 'x'])), acl: PATTERNS } },
    (trial) =>
      trial.versionsOf(BOTH, async (version) => {
        const canary = { username: 'canary', password: 'yellow' }
        const watcher = await subscribed(trial, version, 'from/#', canary)
        await addSubscriptions(watcher, 'home/#')
        for (const username of ODD) {
          await trial.part(`User Name ${username}`, async () => {
            const client = await trial.connected(version, {
              username,
              password: 'x',
              clientId: `${username}${version}`,
            })
            client.send(
              subscribe(version, 1, [
                ['home/victim/#', 0],
                ['home/+/door', 0],
                ['home/#', 0],
              ]),
            )
            await client.expect('suback')
            client.send(publish({ version, topicName: 'home/victim/door', payload: username }))
            client.send(publish({ version, topicName: 'from/victim', payload: username }))
            client.send(
              publish({
                version,
                topicName: `from/${username.replaceAll(/[+#]/g, 'x').split('/')[0]}`,
                payload: username,
              }),
            )
            await trial.alive(client)
            const other = await trial.connected(version, canary)
            other.send(publish({ version, topicName: 'home/victim/door', payload: 'private' }))
            await trial.alive(other)
            await silent(trial, client, 'messages of others')
            const messages = (await watcher.ping()).filter(({ type }) => nameOf(type) === 'publish')
            const forged = messages
              .map((frame) => readPublish(frame, version))
              .filter(({ payload }) => payload.toString() !== 'private')
            trial.equal(
              forged.map(({ topicName }) => topicName),
              [],
              'what it could publish for others',
            )
          })
        }
        for (const name of ['dropped not-authorized', 'subscriptionsRefused']) trial.freeCounts.add(name)
      }),
  ),
]
