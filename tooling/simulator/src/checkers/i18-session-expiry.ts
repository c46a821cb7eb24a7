import type { Checker } from './checker.ts'
import { expiryOf, timeOf } from './session-times.ts'
import type { SessionStory } from './story.ts'

/** I18 */
export const sessionExpiry: Checker = {
  name: 'I18',
  says: 'a Session is gone when its expiry interval is over',
  *check(story) {
    const before = new Map<string, SessionStory>()
    for (const connection of story.connections.values()) {
      if (!connection.accepted) continue
      const { client, connack, session } = connection
      const old = before.get(client)
      before.set(client, session!)
      if (old === undefined || !connack!.packet.sessionPresent) continue
      // Of the Session as it was before this connection.
      const earlier = { ...old, connections: old.connections.filter(({ opened }) => opened < connection.opened) }
      const others = [...story.connections.values()].some(
        (other) =>
          other.client === client &&
          other !== connection &&
          other.opened > earlier.connections.at(-1)!.opened &&
          other.connectRead < connack!.place,
      )
      const expiry = others ? undefined : expiryOf(story, earlier)
      if (expiry !== undefined && timeOf(story, connack!.place) > expiry.latest) {
        yield { place: connack!.place, text: `the Session of ${client} was there after its expiry` }
      }
    }
  },
}
