import type { Checker } from './checker.ts'
import { expiryOf, timeOf } from './session-times.ts'
import { inOrderOfAnswers, type ConnectionStory, type SessionStory, type Story } from './story.ts'

/** I12 */
export const sessionPresent: Checker = {
  name: 'I12',
  says: 'Session Present is 1 exactly where an unexpired Session was there and was not to be dropped',
  *check(story) {
    const before = new Map<string, SessionStory>()
    for (const connection of inOrderOfAnswers(story)) {
      const { session, connack, client } = connection
      const place = connack!.place
      const old = before.get(client)
      if (connack!.packet.sessionPresent && connection.connect!.packet.cleanStart) {
        yield { place, text: `${client} asked for a Clean Start and was told Session Present` }
      } else if (connack!.packet.sessionPresent && old === undefined) {
        yield { place, text: `${client} was told Session Present and never had a Session` }
      } else if (!connack!.packet.sessionPresent && old !== undefined && mustBeThere(story, old, connection)) {
        yield { place, text: `${client} was told that its Session is gone, which it cannot be` }
      }
      before.set(client, session!)
    }
  },
}

const mustBeThere = (story: Story, old: SessionStory, connection: ConnectionStory): boolean => {
  if (connection.connect!.packet.cleanStart) return false
  // A connection that was let in, perhaps with Clean Start, and never heard of it: nobody knows.
  const between = story.connectionsOf
    .get(old.client)!
    .some(
      (other) =>
        other.connectRead > old.connections.at(-1)!.connectRead &&
        other !== connection &&
        other.connectRead < connection.connack!.place,
    )
  if (between) return false
  const expiry = expiryOf(story, old)
  return expiry !== undefined && timeOf(story, connection.connack!.place) < expiry.earliest
}
