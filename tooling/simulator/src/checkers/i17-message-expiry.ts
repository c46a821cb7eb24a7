import type { Checker } from './checker.ts'
import { lastBefore, placesOf } from './places.ts'

/** A send counts from routing, and may then wait for its commit. */
const SLACK_MS = 15_000
const TICK_MS = 1_500

/** I17 */
export const messageExpiry: Checker = {
  name: 'I17',
  says: 'nothing is sent for the first time when it has expired, and the interval that is forwarded is what is left',
  *check(story) {
    const held = story.places.has('paused') || story.lives.length > 1
    const jumped = story.places.has('wall-jump')
    const starts = placesOf(story, 'started')
    const slow = story.plan.faults.some(({ type }) => type === 'slow-disk' || type === 'disk-full')
    for (const { packet, message, at, place, session } of story.deliveries) {
      const seconds = message?.packet.properties?.messageExpiryIntervalSeconds
      const [read] = message?.reads ?? []
      if (message === undefined || seconds === undefined || read === undefined || session === undefined) continue
      // A client that waited before it sent again has counted down itself.
      if (message.reads.length > 1 || message.sent.length > 1 || session.plan.version !== 5) continue
      if (message.sent[0]!.connection.plan.kind === 'library') continue
      const waitedMs = at - read.at
      const slackMs = slow || held ? SLACK_MS : TICK_MS
      // A wall clock that was set back tells no broker that starts how long it was away.
      const isUnknown = jumped && lastBefore(starts, place) > read.place
      if (!packet.dup && !isUnknown && waitedMs > seconds * 1000 + slackMs) {
        yield { place, text: `${message.name} came to ${session.client} after ${waitedMs} ms, it had ${seconds} s` }
      }
      const left = packet.properties?.messageExpiryIntervalSeconds
      if (left === undefined) yield { place, text: `${message.name} came without what is left of its interval` }
      else if (left > seconds) yield { place, text: `${message.name} came with ${left} s left of ${seconds}` }
      else if (!held && !slow && left > Math.max(0, seconds - waitedMs / 1000) + TICK_MS / 1000) {
        yield { place, text: `${message.name} came with ${left} s left of ${seconds}, and had waited ${waitedMs} ms` }
      }
    }
  },
}
