import type { StoredChange } from '../history.ts'
import { lastBefore, placesOf } from './places.ts'
import type { Story } from './story.ts'

/** What has been written down, and when it was certain: by kind (the first letter of its key, `message`, or `gone` for a Session) and name. */
export interface Commits {
  /** Whether a commit that became durable between two places wrote it. */
  has(kind: string, name: string, from: number, to: number): boolean
}

export const readCommits = (story: Story): Commits => {
  let commits = KNOWN.get(story)
  if (commits === undefined) KNOWN.set(story, (commits = commitsOf(story)))
  return commits
}

const KNOWN = new WeakMap<Story, Commits>()

const commitsOf = (story: Story): Commits => {
  const places = new Map<string, number[]>()
  const add = (place: number, changes: readonly StoredChange[]): void => {
    for (const change of changes) {
      const what = describe(change)
      if (what === undefined) continue
      const list = places.get(what)
      if (list === undefined) places.set(what, [place])
      else list.push(place)
    }
  }
  let inFlight: readonly StoredChange[] = []
  for (const place of placesOf(story, 'commit-begun', 'commit-durable', 'started')) {
    const event = story.history[place]!
    if (event.type === 'commit-begun') inFlight = event.changes
    else if (event.type === 'commit-durable') {
      inFlight = []
      add(place, event.changes)
    } else if (event.type === 'started') {
      // What was in flight when the process ended may be on the disk.
      add(place, inFlight)
      inFlight = []
    }
  }
  return {
    has: (kind, name, from, to) => lastBefore(places.get(`${kind} ${name}`) ?? [], to) > from,
  }
}

/** Numbers in keys have 6 bytes. */
const NUMBER_BYTES = 6

const describe = ([key, value]: StoredChange): string | undefined => {
  const tag = String.fromCharCode(key[0]!)
  if (value === undefined) return tag === 's' ? `gone ${text(key, 1)}` : undefined
  switch (tag) {
    case 'q':
    case 'b':
    case 'r': {
      const name = messageIn(value)
      return name === undefined ? undefined : `message ${name}`
    }
    case 's':
      return `s ${text(key, 1)}`
    case 'f':
      return `f ${text(key, 1 + NUMBER_BYTES)}`
    case 'i':
      return `i ${(key[1 + NUMBER_BYTES]! << 8) | key[2 + NUMBER_BYTES]!}`
    default:
      return undefined
  }
}

/** Text in a key may have a length or an end of its own around it. */
const text = (key: Uint8Array, from: number): string => {
  let name = ''
  for (let at = from; at < key.length; at++) {
    const byte = key[at]!
    if (byte >= 0x20 && byte < 0x7f) name += String.fromCharCode(byte)
  }
  return name
}

/** The name that a payload begins with: letters and digits before the last bar. */
const messageIn = (value: Uint8Array): string | undefined => {
  const bar = value.lastIndexOf(0x7c)
  let name = ''
  for (let at = bar - 1; at >= 0 && at > bar - LONGEST_NAME; at--) {
    const byte = value[at]!
    if ((byte < 0x30 || byte > 0x39) && byte !== DASH && byte !== M && byte !== H) return undefined
    name = String.fromCharCode(byte) + name
    if (byte === M || byte === H) return name.length > 1 ? name : undefined
  }
  return undefined
}

const LONGEST_NAME = 24
const DASH = 0x2d
const H = 0x68
const M = 0x6d
