import type { Checker } from './checker.ts'
import { timeOf } from './session-times.ts'

const KEEP_ALIVE_TIMEOUT = 0x8d
const TICK_MS = 1_100

/** I28 */
export const keepAlive: Checker = {
  name: 'I28',
  says: 'a silent client is closed after one and a half times its Keep Alive, and a client that speaks is not',
  *check(story) {
    const late = story.plan.faults.some(({ type }) => type === 'late-timers' || type === 'pause')
    for (const connection of story.connections.values()) {
      const { connect, connack, written, read, accepted, client, plan } = connection
      if (!accepted) continue
      const seconds = connack!.packet.properties?.serverKeepAliveSeconds ?? connect!.packet.keepAliveSeconds
      const allowedMs = seconds * 1_500
      const lastRead = (before: number): number => read.findLast(({ place }) => place < before)!.at
      const told = written.find(
        ({ packet }) => packet.type === 'disconnect' && packet.reasonCode === KEEP_ALIVE_TIMEOUT,
      )
      if (told !== undefined && (seconds === 0 || told.at - lastRead(told.place) < allowedMs - 1)) {
        yield { place: told.place, text: `${client} was closed after ${told.at - lastRead(told.place)} ms of silence` }
      }
      const life = story.lives.find(({ life: each }) => each === connection.life)!
      const end = Math.min(connection.endedByBroker, connection.goneForBroker, life.ended, story.history.length - 1)
      const silentMs = timeOf(story, end) - lastRead(end)
      // What comes in pieces, or waits to be read, is no silence that a history shows.
      const partial =
        plan.conditions.chunkBytes !== Infinity ||
        plan.kind === 'hostile' ||
        story.plan.features.includes('slow-readers')
      if (seconds > 0 && !late && !partial && silentMs > allowedMs + TICK_MS) {
        yield { place: end, text: `${client} was silent for ${silentMs} ms, it had ${allowedMs}` }
      }
    }
  },
}
