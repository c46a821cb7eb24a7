import type { Checker, Finding } from './checker.ts'
import { demandsOf } from './demands.ts'
import { isStored } from './stored-sessions.ts'
import { readCommits } from './stored-records.ts'
import type { Story } from './story.ts'

/** I5 */
export const acknowledgedAfterDurable: Checker = {
  name: 'I5',
  says: 'an acknowledgement leaves when what it promises is on the disk, and not before',
  *check(story) {
    if (!story.plan.durable) return
    const commits = readCommits(story)
    yield* messages(story, commits)
    yield* cleanStarts(story, commits)
    for (const connection of story.connections.values()) {
      const { session, connack, connectRead } = connection
      if (session === undefined || connack === undefined || !isStored(story, session)) continue
      if (!connection.accepted || connection.connect?.packet.cleanStart !== false) continue
      if (!commits.has('s', connection.client, connectRead, connack.place)) {
        yield {
          place: connack.place,
          text: `the CONNACK of ${connection.client} left before its Session was written down`,
        }
      }
    }
    for (const session of story.sessions) {
      if (!isStored(story, session)) continue
      for (const { request, asked, granted } of session.subscriptions) {
        if (granted !== Infinity && !commits.has('f', request.topicFilter, asked, granted)) {
          yield {
            place: granted,
            text: `the SUBACK for ${request.topicFilter} left before its Subscription was written down`,
          }
        }
      }
    }
  },
}

/** A CONNACK without Session Present says that the Session before is gone. */
const cleanStarts = function* (story: Story, commits: ReturnType<typeof readCommits>): Generator<Finding> {
  for (const session of story.sessions) {
    const connection = story.connectionsOf
      .get(session.client)
      ?.find(({ connack: each }) => each?.place === session.ended)
    if (connection === undefined || !isStored(story, session)) continue
    const { connect, connack, connectRead, client } = connection
    const last = session.connections.at(-1)!
    // A Session whose client was there when it was replaced cannot have ended before.
    if (!connect!.packet.cleanStart || last.goneForBroker < connectRead) continue
    if (last.endedByBroker < connectRead) continue
    if (
      !commits.has('gone', client, connectRead, connack!.place) &&
      !commits.has('s', client, connectRead, connack!.place)
    ) {
      yield {
        place: connack!.place,
        text: `the CONNACK of ${client} left before its old Session was gone from the disk`,
      }
    }
  }
}

const messages = function* (story: Story, commits: ReturnType<typeof readCommits>): Generator<Finding> {
  for (const { message, session } of demandsOf(story)) {
    const { acknowledged, name, reads, firstSent } = message
    if (!isStored(story, session) || session.began > firstSent || session.ended < acknowledged) continue
    if (!commits.has('message', name, reads[0]!.place, acknowledged)) {
      yield { place: acknowledged, text: `${name} was acknowledged before it was on the disk for ${session.client}` }
    }
  }
  for (const message of story.messages.values()) {
    const { acknowledged, name, packet } = message
    if (acknowledged === Infinity) continue
    const firstRead = message.reads[0]!.place
    const first = message.reads[0]!.connection
    if (packet.qos !== 2 || first.session === undefined || !isStored(story, first.session)) continue
    const answered = message.acknowledgement!.packet
    if (!('packetId' in answered) || message.acknowledgedOn[0] !== first) continue
    if (!commits.has('i', String(answered.packetId), firstRead, acknowledged)) {
      yield { place: acknowledged, text: `the PUBREC of ${name} left before its Packet Identifier was written down` }
    }
  }
}
