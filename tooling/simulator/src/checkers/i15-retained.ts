import { AUDITOR } from '../clients/auditor.ts'
import type { Checker } from './checker.ts'
import { tally } from './expectations.ts'
import type { MessageStory, Story } from './story.ts'

/** I15 */
export const retained: Checker = {
  name: 'I15',
  says: 'what is retained under a topic is the last retained message that was accepted there',
  *check(story) {
    const { place: lost } = lostAtRestart(story)
    const audit = [...story.connections.values()].filter(({ client, accepted }) => client === AUDITOR.name && accepted)
    const found = new Map<string, string>()
    for (const { message, topicName, connection, packet } of story.deliveries) {
      if (packet.retain && audit.includes(connection) && message !== undefined) found.set(topicName, message.name)
    }
    if (audit.length === 0) return
    const place = audit[0]!.connack!.place
    const published = [...story.messages.values()].filter(({ packet }) => packet.retain)
    const cleared = clearings(story)
    for (const [topic, some] of tally(published, ({ topicName }) => topicName)) {
      const there = found.get(topic)
      // One with a Topic Alias may be of this topic.
      const clears = cleared.filter(({ topicName }) => topicName === topic || topicName === '')
      const certain = some.filter(
        (message) => isCertain(story, message) && message.acknowledged > lost && !mayExpire(message),
      )
      const last = certain.reduce<MessageStory | undefined>(
        (latest, each) => (latest === undefined || each.acknowledged > latest.acknowledged ? each : latest),
        undefined,
      )
      const shown = some.find(({ name }) => name === there)
      if (shown !== undefined && last !== undefined && lastRead(shown) < last.firstSent) {
        yield { place, text: `${there} is retained under ${topic}, and ${last.name} came later` }
      }
      const isCleared = clears.some((clear) => last === undefined || clear.sent > last.firstSent)
      const replaced = some.some((each) => last !== undefined && each !== last && lastRead(each) > last.firstSent)
      if (there === undefined && last !== undefined && !isCleared && !replaced) {
        yield { place, text: `nothing is retained under ${topic}, where ${last.name} was accepted last` }
      }
      const gone = clears.filter(({ acknowledged }) => acknowledged !== Infinity).at(-1)
      if (shown !== undefined && gone !== undefined && lastRead(shown) < gone.sent && !shown.isWill) {
        yield { place, text: `${there} is retained under ${topic}, which was cleared later` }
      }
    }
  },
}

const lastRead = (message: MessageStory): number =>
  message.isWill ? Infinity : (message.reads.at(-1)?.place ?? -Infinity)

/** QoS 0 is never acknowledged; a limit may have said no, and to 3.1.1 a missing right is not told. */
const isCertain = ({ plan }: Story, { acknowledged, packet }: MessageStory): boolean =>
  acknowledged !== Infinity &&
  packet.qos > 0 &&
  !plan.features.includes('rights') &&
  plan.limits.maximumRetainedTopics === undefined

const mayExpire = ({ packet }: MessageStory): boolean => packet.properties?.messageExpiryIntervalSeconds !== undefined

/** Without a store everything is gone with the process. */
const lostAtRestart = (story: Story): { readonly place: number } => ({
  place: story.plan.durable ? -1 : (story.lives.at(-1)?.started ?? -1),
})

interface Clearing {
  readonly topicName: string
  readonly sent: number
  readonly acknowledged: number
}

/** PUBLISH with RETAIN and nothing in it: when it was sent, and when it was acknowledged. */
const clearings = (story: Story): Clearing[] => {
  const clears: Clearing[] = []
  for (const { read, written } of story.connections.values()) {
    for (const { packet, place } of read) {
      if (packet.type !== 'publish' || packet.payload.length > 0) continue
      const answer = written.find(
        (each) =>
          each.place > place &&
          (each.packet.type === 'puback' || each.packet.type === 'pubrec') &&
          each.packet.packetId === packet.packetId &&
          each.packet.reasonCode < 0x80,
      )
      // A repeat of QoS 2 is acknowledged and does nothing, if the first was read.
      const isCertainToClear =
        packet.topicName !== '' &&
        packet.qos > 0 &&
        !(packet.qos === 2 && packet.dup) &&
        !story.plan.features.includes('rights')
      clears.push({
        topicName: packet.topicName,
        sent: place,
        acknowledged: isCertainToClear ? (answer?.place ?? Infinity) : Infinity,
      })
    }
  }
  return clears.sort((one, other) => one.acknowledged - other.acknowledged)
}
