import { isStored } from './stored-sessions.ts'
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
  const { read, version } = connection
  const asked = askedSecondsOf(connection)
  if (version < 5) return asked
  const last = read.find(({ packet }) => packet.type === 'disconnect')?.packet
  const changed = last?.type === 'disconnect' ? last.properties?.sessionExpiryIntervalSeconds : undefined
  return changed === undefined ? asked : changed === NEVER ? Infinity : changed
}

/** That of CONNECT. */
const askedSecondsOf = ({ connect, version }: ConnectionStory): number => {
  if (connect === undefined) return 0
  if (version < 5) return connect.packet.cleanStart ? 0 : Infinity
  const asked = connect.packet.properties?.sessionExpiryIntervalSeconds ?? 0
  return asked === NEVER ? Infinity : asked
}

/** Whether the client may have said something about the end of its Session that the broker may or may not have read. */
const saidGoodbye = ({ sent }: ConnectionStory): boolean => sent.some(({ packet }) => packet.type === 'disconnect')

/** `undefined`: what happened leaves it open, a process that ended or a wall clock that jumped. */
export const expiryOf = (story: Story, session: SessionStory): Expiry | undefined => {
  const last = session.connections.at(-1)!
  const stored = isStored(story, session)
  const life = story.lives.find(({ life: each }) => each === last.life)!
  const crashed = story.lives.at(-1) !== life
  if (crashed && (!stored || story.places.has('wall-jump'))) return undefined
  if (saidGoodbye(last) && !last.read.some(({ packet }) => packet.type === 'disconnect')) return undefined
  // Nothing answers a DISCONNECT: a crash may have come before what it changed was on the disk.
  const seconds = Math.min(expirySecondsOf(last), crashed ? askedSecondsOf(last) : Infinity)
  const connected = timeOf(story, last.connack!.place)
  const end = Math.min(last.goneForBroker, last.endedByBroker, life.ended)
  const ended = timeOf(story, end)
  if (seconds === Infinity) return { earliest: Infinity, latest: Infinity }
  if (end === Infinity) return { earliest: Infinity, latest: Infinity }
  const broken = story.places.has('paused') || story.places.has('commit-failed')
  const lateTimers = story.plan.faults.some(({ type }) => type === 'late-timers')
  return {
    earliest: (crashed ? connected : ended) + seconds * 1000 - (crashed ? SLACK_MS : 0),
    latest: broken || lateTimers || crashed ? Infinity : ended + seconds * 1000 + SLACK_MS,
  }
}

export const timeOf = (story: Story, place: number): number => story.history[place]?.at ?? Infinity

/**
 * From where on a Session may have been gone without a word, because a connection whose CONNACK never left began it anew: it asked for a
 * Clean Start, or found it expired. Who comes back later is told Session Present, and means another one.
 */
export const mayHaveEnded = (story: Story, session: SessionStory): number => {
  let place = ENDS.get(session)
  if (place === undefined) ENDS.set(session, (place = firstDoubt(story, session)))
  return place
}

const ENDS = new WeakMap<SessionStory, number>()

const firstDoubt = (story: Story, session: SessionStory): number => {
  let doubt = Infinity
  for (const other of story.connectionsOf.get(session.client) ?? []) {
    const { accepted, connect, connectRead, opened, life } = other
    if (accepted || connect === undefined || connectRead < session.began || connectRead >= session.ended) continue
    if (connectRead === Infinity) continue
    const last = session.connections.findLast((each) => each.opened < opened)
    if (connect.packet.cleanStart) doubt = Math.min(doubt, connectRead)
    if (connect.packet.cleanStart || last === undefined) continue
    const end = Math.min(last.goneForBroker, last.endedByBroker)
    const expires = timeOf(story, end) + expirySecondsOf(last) * 1000 - SLACK_MS
    // A broker that starts asks the wall clock how long it was away.
    const jumped = story.places.has('wall-jump') && expirySecondsOf(last) < Infinity
    const lost = last.life !== life && (jumped || !isStored(story, session))
    if (lost || expires < timeOf(story, connectRead)) doubt = Math.min(doubt, end)
  }
  return doubt
}
