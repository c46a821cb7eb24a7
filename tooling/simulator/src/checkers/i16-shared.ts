import type { Checker } from './checker.ts'
import { filterMatches, mayDrop, timesRouted } from './expectations.ts'
import { isStored } from './stored-sessions.ts'
import type { SessionStory, Story } from './story.ts'

/** I16 */
export const shared: Checker = {
  name: 'I16',
  says: 'a message for a group goes to one member, QoS 2 never to another, and none is lost while there is a member',
  *check(story) {
    const members = story.sessions.flatMap(({ subscriptions }) =>
      subscriptions.filter(({ shareName }) => shareName !== undefined),
    )
    for (const message of story.messages.values()) {
      if (!message.topicName.startsWith('g/')) continue
      const groups = members.filter((each) => filterMatches(each, message.topicName))
      const filters = new Set(groups.map(({ matchedFilter }) => matchedFilter))
      const first = message.deliveries.filter(({ packet }) => !packet.retain)
      // Of a Session that ended with its process nobody knows whether it had the message.
      const receivers = new Set(
        first.map(({ session }) => session).filter((session) => !endedWithProcess(story, session)),
      )
      const { qos } = message.packet
      // A QoS 1 message moves on only from a member whose Session has ended.
      const alive = [...receivers].filter((session) => session !== undefined && session.ended > story.leaving)
      const held = qos === 2 && first.every(({ packet }) => packet.qos === 2) ? receivers.size : alive.length
      if (held > filters.size * timesRouted(story, message) && first.every(({ packet }) => packet.qos > 0)) {
        yield { place: first.at(-1)!.place, text: `${message.name} went to ${held} members of a group` }
      }
      const { acknowledged, packet } = message
      if (acknowledged === Infinity || qos === 0 || mayDrop(story)) continue
      if (packet.properties?.messageExpiryIntervalSeconds !== undefined) continue
      const member = groups.find(
        ({ session, told, mayEnd, grantedQos }) =>
          told < message.firstSent &&
          mayEnd === Infinity &&
          grantedQos > 0 &&
          session.ended > story.leaving &&
          session.plan.maximumPacketSizeBytes === undefined,
      )
      const others = groups.every(
        ({ session, grantedQos }) => session.plan.maximumPacketSizeBytes === undefined && grantedQos > 0,
      )
      if (member === undefined || !others || story.plan.features.includes('rights')) continue
      if (groups.some(({ mayEnd, session }) => mayEnd !== Infinity || session.ended < story.leaving)) continue
      if (!message.deliveries.some(({ received }) => received)) {
        yield { place: acknowledged, text: `${message.name} was acknowledged and came to no member of its group` }
      }
    }
  },
}

const endedWithProcess = (story: Story, session: SessionStory | undefined): boolean => {
  if (session === undefined || isStored(story, session)) return false
  const last = session.connections.at(-1)!.life
  return story.lives.some(({ life }) => life > last)
}
