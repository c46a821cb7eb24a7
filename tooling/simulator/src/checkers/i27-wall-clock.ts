import type { CountersSeen } from '../history.ts'
import type { Checker } from './checker.ts'
import { placesOf } from './places.ts'
import { isStored } from './stored-sessions.ts'
import { timeOf } from './session-times.ts'
import type { ConnectionStory } from './story.ts'

const MOMENT_MS = 100
const LONGEST_ABSENCE_MS = 30 * 24 * 3_600_000

/** I27 */
export const wallClock: Checker = {
  name: 'I27',
  says: 'a jump of the wall clock changes nothing of a broker that lives, and counts 30 days at the most for one that starts',
  *check(story) {
    for (const place of placesOf(story, 'wall-jump')) {
      const event = story.history[place]!
      const life = story.lives.find(({ started, ended }) => started < place && ended > place)
      const counts = (before: boolean): CountersSeen | undefined => {
        const at = placesOf(story, 'counters').find((each) =>
          before
            ? // One that has just started reads its Sessions, and had none that may be gone.
              each > (life?.started ?? place) && each < place && timeOf(story, each) > event.at - 600
            : each > place && each < (life?.ended ?? place) && timeOf(story, each) < event.at + 600,
        )
        const counted = at === undefined ? undefined : story.history[at]
        return counted?.type === 'counters' ? counted.counters : undefined
      }
      const earlier = counts(true)
      const later = counts(false)
      if (life === undefined || earlier === undefined || later === undefined) continue
      const closed = [...story.connections.values()].filter(
        ({ id, client, plan, opened, accepted, endedByBroker, disturbed, read }) =>
          plan.kind !== 'hostile' &&
          // Who is not let in comes again and again.
          accepted &&
          endedByBroker > place &&
          timeOf(story, endedByBroker) < event.at + MOMENT_MS &&
          disturbed === Infinity &&
          read.length > 0 &&
          // Who says goodbye, or comes again, is closed for that.
          read.at(-1)!.packet.type !== 'disconnect' &&
          !(story.connectionsOf.get(client) ?? []).some(
            (other) => other.id !== id && other.opened > opened && other.connectRead < endedByBroker,
          ),
      )
      if (closed.length > 2) {
        yield { place, text: `the wall clock jumped, and ${closed.length} connections were closed` }
      }
      const gone = later.sessions === 0 && earlier.sessions > 2
      if (gone) yield { place, text: `the wall clock jumped, and ${earlier.sessions} Sessions are gone` }
    }
    yield* longAbsence(story)
  },
}

/** A Session that lasts longer than 30 days is there after a restart, whatever the wall clock says. */
const longAbsence: Checker['check'] = function* (story) {
  if (!story.places.has('wall-jump')) return
  for (const connection of story.connections.values()) {
    const { client, plan, connack, accepted, connect } = connection
    if (!accepted || connack!.packet.sessionPresent || connect!.packet.cleanStart || !story.plan.durable) continue
    const seconds =
      plan.version === 5 ? plan.sessionExpiryIntervalSeconds : plan.sessionExpiryIntervalSeconds * 0xffffffff
    if (seconds * 1000 <= LONGEST_ABSENCE_MS) continue
    // The one whose CONNECT was read before this one's: of several that waited any may have been the first.
    let last: ConnectionStory | undefined
    for (const other of story.connectionsOf.get(client)!) {
      if (other.connectRead < connection.connectRead && other.connectRead > (last?.connectRead ?? -1)) last = other
    }
    if (
      last?.session === undefined ||
      !isStored(story, last.session) ||
      !last.accepted ||
      last.connack!.packet.reasonCode !== 0
    )
      continue
    const said = last.sent.some(({ packet }) => packet.type === 'disconnect')
    if (!said) yield { place: connack!.place, text: `the Session of ${client} is gone, after a jump of the wall clock` }
  }
}
