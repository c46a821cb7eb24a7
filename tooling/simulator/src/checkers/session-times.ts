import { isStored } from './expectations.ts'
import type { ConnectionStory, SessionStory, Story } from './story.ts'

/** Clocks of a broker that was away or stood still, and latencies of the network: so much may everything be late. */
const SLACK_MS = 3_000

/** When a Session may have expired, and when it surely had: milliseconds since the world began. */
export interface Expiry {
  readonly earliest: number
  readonly latest: number
}

const NEVER = 0xffffffff

/** The Session Expiry Interval that held when a connection ended: that of CONNECT, or of a DISCONNECT that was read. */
export const expirySecondsOf = (connection: ConnectionStory): number => {
  const { connect, version, read } = connection
  if (connect === undefined) return 0
  if (version < 5) return connect.packet.cleanStart ? 0 : Infinity
  const asked = connect.packet.properties?.sessionExpiryIntervalSeconds ?? 0
  const last = read.find(({ packet }) => packet.type === 'disconnect')?.packet
  const changed = last?.type === 'disconnect' ? last.properties?.sessionExpiryIntervalSeconds : undefined
  const seconds = changed ?? asked
  return seconds === NEVER ? Infinity : seconds
}

/** Whether the client may have said something about the end of its Session that the broker may or may not have read. */
const saidGoodbye = (story: Story, connection: ConnectionStory): boolean =>
  story.history.some(
    (event, place) =>
      place > connection.opened &&
      event.type === 'sent' &&
      event.connection === connection.id &&
      event.packet.type === 'disconnect',
  )

/** `undefined`: what happened leaves it open, a process that ended or a wall clock that jumped. */
export const expiryOf = (story: Story, session: SessionStory): Expiry | undefined => {
  const last = session.connections.at(-1)!
  const stored = isStored(story, session)
  const life = story.lives.find(({ life: each }) => each === last.life)!
  const crashed = story.lives.at(-1) !== life
  if (crashed && (!stored || story.history.some(({ type }) => type === 'wall-jump'))) return undefined
  if (saidGoodbye(story, last) && !last.read.some(({ packet }) => packet.type === 'disconnect')) return undefined
  const seconds = expirySecondsOf(last)
  const connected = timeOf(story, last.connack!.place)
  const end = Math.min(last.goneForBroker, last.endedByBroker, life.ended)
  const ended = timeOf(story, end)
  if (seconds === Infinity) return { earliest: Infinity, latest: Infinity }
  if (end === Infinity) return { earliest: Infinity, latest: Infinity }
  const broken = story.history.some(({ type }) => type === 'paused' || type === 'commit-failed')
  const lateTimers = story.plan.faults.some(({ type }) => type === 'late-timers')
  return {
    earliest: (crashed ? connected : ended) + seconds * 1000 - (crashed ? SLACK_MS : 0),
    latest: broken || lateTimers || crashed ? Infinity : ended + seconds * 1000 + SLACK_MS,
  }
}

export const timeOf = (story: Story, place: number): number => story.history[place]?.at ?? Infinity
