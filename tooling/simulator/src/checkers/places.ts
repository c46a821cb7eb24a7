import type { HistoryEvent, PacketEvent } from '../history.ts'
import type { Story } from './story.ts'

/** Whatever is no packet: those are nearly all of a history, and belong to their connections. */
export type RareType = Exclude<HistoryEvent['type'], PacketEvent['type']>

/** Where things of some kinds happened, in order, without a look at the whole history. */
export const placesOf = ({ places }: Pick<Story, 'places'>, ...types: readonly RareType[]): readonly number[] =>
  types.length === 1
    ? (places.get(types[0]!) ?? [])
    : types.flatMap((type) => places.get(type) ?? []).sort((one, other) => one - other)

/** The last of them before a place; -1: none. */
export const lastBefore = (places: readonly number[], place: number): number => {
  let low = 0
  let high = places.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (places[middle]! < place) low = middle + 1
    else high = middle
  }
  return places[low - 1] ?? -1
}
