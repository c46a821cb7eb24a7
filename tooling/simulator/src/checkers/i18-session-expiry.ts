import type { Checker } from './checker.ts'
import { expiryOf, timeOf } from './session-times.ts'
import { inOrderOfAnswers, type SessionStory } from './story.ts'

/** I18 */
export const sessionExpiry: Checker = {
  name: 'I18',
  says: 'a Session is gone when its expiry interval is over',
  *check(story) {
    const before = new Map<string, SessionStory>()
    for (const connection of inOrderOfAnswers(story)) {
      const { client, connack, session } = connection
      const old = before.get(client)
      before.set(client, session!)
      if (old === undefined || !connack!.packet.sessionPresent) continue
      // Of the Session as it was before this connection.
      const earlier = {
        ...old,
        connections: old.connections.filter((each) => each.connack!.place < connack!.place),
      }
      const others = story.connectionsOf
        .get(client)!
        .some(
          (other) =>
            other !== connection &&
            other.connectRead > earlier.connections.at(-1)!.connectRead &&
            other.connectRead < connack!.place,
        )
      const expiry = others ? undefined : expiryOf(story, earlier)
      // Its CONNACK may wait long for its commit.
      if (expiry !== undefined && timeOf(story, connection.connectRead) > expiry.latest) {
        yield { place: connack!.place, text: `the Session of ${client} was there after its expiry` }
      }
    }
  },
}
