import { denies } from '../rights.ts'
import type { Checker, Finding } from './checker.ts'
import { mayRead } from './demands.ts'
import { copiesFor, matchingOf, mayDrop, tally } from './expectations.ts'
import { expirySecondsOf, timeOf } from './session-times.ts'
import { readCommits } from './stored-records.ts'
import type { ConnectionStory, MessageStory, Story } from './story.ts'

const SLACK_MS = 2_500

/** I14 */
export const wills: Checker = {
  name: 'I14',
  says: 'a Will is published once, at its time, to whoever is there; and never after a DISCONNECT in order',
  *check(story) {
    const bySent = new Map<number, MessageStory>()
    for (const message of story.messages.values()) if (message.isWill) bySent.set(message.firstSent, message)
    if (bySent.size === 0) return
    for (const connection of story.connections.values()) {
      const will = connection.connect?.packet.will
      if (will === undefined) continue
      const message = bySent.get(connection.connect!.place)
      if (message === undefined) continue
      yield* twice(story, message)
      yield* early(story, connection, message)
      yield* missing(story, connection, message)
    }
  },
}

const twice = function* (story: Story, message: MessageStory): Generator<Finding> {
  const first = message.deliveries.filter(({ packet }) => !packet.retain && !packet.dup)
  for (const [, some] of tally(first, ({ session }) => session)) {
    const { session, place } = some.at(-1)!
    if (session !== undefined && some.length > copiesFor(story, session, message.topicName)) {
      yield { place, text: `the Will ${message.name} was published ${some.length} times to ${session.client}` }
    }
  }
}

/** What is told below needs to know when its connection ended: a process that ended knows less. */
const early = function* (story: Story, connection: ConnectionStory, message: MessageStory): Generator<Finding> {
  const [delivery] = message.deliveries
  const { accepted, connack, client, read, endedByBroker, goneForBroker } = connection
  if (delivery === undefined) return
  const { place } = delivery
  if (!accepted && connack === undefined) return
  if (!accepted) {
    yield { place, text: `the Will ${message.name} of ${client} was published, whose CONNECT was not accepted` }
    return
  }
  const goodbye = read.find(({ packet }) => packet.type === 'disconnect')
  if (goodbye?.packet.type === 'disconnect' && goodbye.packet.reasonCode === 0) {
    // What a crash took along may come again: the DISCONNECT counts when it is on the disk.
    const life = story.lives.find(({ life: each }) => each === connection.life)!
    const certain = life.ended === Infinity || readCommits(story).has('s', client, goodbye.place, life.ended)
    // Whoever took over before it was read has ended the connection without it.
    const takenOver = (story.connectionsOf.get(client) ?? []).some(
      (other) => other.opened > connection.opened && other.connectRead < goodbye.place,
    )
    if (!takenOver && goodbye.place < endedByBroker && (place < life.ended || certain)) {
      yield { place, text: `the Will ${message.name} of ${client} was published after a DISCONNECT in order` }
    }
    return
  }
  if (story.lives.length > 1) return
  const end = Math.min(endedByBroker, goneForBroker)
  const next = connection.session!.connections.find(({ opened }) => opened > connection.opened)
  const dropped = story.connectionsOf
    .get(client)!
    .some((other) => other.opened > connection.opened && other.connectRead < place)
  const waitSeconds = waitSecondsOf(connection)
  const due = timeOf(story, end) + waitSeconds * 1000
  if (next === undefined && !dropped && delivery.at < due - SLACK_MS) {
    yield { place, text: `the Will ${message.name} of ${client} was published before its ${waitSeconds} s had passed` }
  }
}

/** Whoever was subscribed before the connection ended, and is there to the end, has it: then nothing can have been in its way. */
const missing = function* (story: Story, connection: ConnectionStory, message: MessageStory): Generator<Finding> {
  const { accepted, client, read, endedByBroker, goneForBroker } = connection
  const end = Math.min(endedByBroker, goneForBroker)
  if (!accepted || end === Infinity || story.lives.length > 1 || mayDrop(story)) return
  const goodbye = read.find(({ packet }) => packet.type === 'disconnect')?.packet
  if (goodbye?.type === 'disconnect' && goodbye.reasonCode === 0) return
  if (message.packet.properties?.messageExpiryIntervalSeconds !== undefined) return
  const principal = story.plan.clients.find(({ name }) => name === client)?.principal ?? ''
  if (story.policies.some(({ policy }) => denies(policy.deniedWrites, principal, message.topicName))) return
  const waitSeconds = waitSecondsOf(connection)
  const certain = timeOf(story, end) + waitSeconds * 1000 + SLACK_MS
  if (!(certain < timeOf(story, story.leaving))) return
  // Who comes back before the delay has passed has taken it along.
  const isBack = (story.connectionsOf.get(client) ?? []).some(
    (other) => other.opened > connection.opened && timeOf(story, other.opened) < certain,
  )
  if (waitSeconds > 0 && isBack) return
  for (const session of story.sessions) {
    const there = session.connections.find(
      ({ connack, goneForBroker: gone, goneForClient, disturbed }) =>
        connack!.place < end && Math.min(gone, goneForClient, disturbed) > story.leaving,
    )
    if (there === undefined || !mayRead(story, message, session)) continue
    const wanted = matchingOf(session, message.topicName).some(
      ({ shareName, told, mayEnd, request }) =>
        shareName === undefined && told < end && mayEnd === Infinity && !(request.noLocal && client === session.client),
    )
    if (!wanted) continue
    const delivery = message.deliveries.find((each) => each.session === session)
    if (delivery === undefined) {
      yield {
        place: end,
        text: `the Will ${message.name} of ${client} never came to ${session.client}, which was there`,
      }
    } else if (delivery.at > certain && !isHeldUp(story)) {
      yield { place: delivery.place, text: `the Will ${message.name} of ${client} came after its time` }
    }
  }
}

/** Something may have come late although it left in time. */
const isHeldUp = ({ plan }: Story): boolean => plan.faults.length > 0 || plan.features.includes('slow-readers')

/** Its delay, or what its Session outlives the connection where that is less. */
const waitSecondsOf = (connection: ConnectionStory): number =>
  Math.min(connection.connect!.packet.will?.properties?.willDelayIntervalSeconds ?? 0, expirySecondsOf(connection))
