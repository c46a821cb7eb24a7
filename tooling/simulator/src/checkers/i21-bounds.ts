import type { Checker } from './checker.ts'
import { placesOf } from './places.ts'

/** I21 */
export const bounds: Checker = {
  name: 'I21',
  says: 'every limit holds at every step',
  *check(story) {
    const { limits, clients } = story.plan
    const { maximumQueuedMessages = Infinity, maximumRetainedTopics = Infinity } = limits
    // A process that starts has sent nothing yet: what an earlier one had in flight waits once more.
    const windows = clients.map(({ version, receiveMaximum }) =>
      version === 5 ? receiveMaximum : (limits.maximumInflightMessages ?? Infinity),
    )
    const inFlight = story.lives.length > 1 ? Math.max(...windows) : 0
    for (const place of placesOf(story, 'counters')) {
      const event = story.history[place]!
      if (event.type !== 'counters') continue
      const { queuedMessages, retainedMessages, connections, sessions } = event.counters
      // A group has a queue like a Session.
      const queues = sessions + 3
      if (queuedMessages > (maximumQueuedMessages + inFlight) * queues)
        yield { place, text: `${queuedMessages} messages are queued` }
      if (retainedMessages > maximumRetainedTopics) yield { place, text: `${retainedMessages} messages are retained` }
      if (sessions > clients.length + 1) yield { place, text: `${sessions} Sessions of ${clients.length} clients` }
      if (connections > sessions + 200) yield { place, text: `${connections} connections` }
    }
    const { receiveMaximum = 64 } = limits
    for (const { version, connack, written, client } of story.connections.values()) {
      if (version !== 5 || connack === undefined || connack.packet.reasonCode !== 0) continue
      const told = connack.packet.properties?.receiveMaximum ?? 0xffff
      if (told !== receiveMaximum)
        yield { place: connack.place, text: `${client} was told a Receive Maximum of ${told}` }
      const allowed = story.plan.clients.find(({ name }) => name === client)?.topicAliasMaximum ?? 0
      for (const { packet, place } of written) {
        const alias = packet.type === 'publish' ? (packet.properties?.topicAlias ?? 0) : 0
        if (alias > allowed) yield { place, text: `${client} was sent Topic Alias ${alias} of ${allowed}` }
      }
    }
  },
}
