import type { HistoryEvent } from '../history.ts'

/** Where things of some kinds happened in a history, in order: looked for once, since histories are long. */
export const placesOf = (history: readonly HistoryEvent[], ...types: readonly HistoryEvent['type'][]): number[] => {
  const wanted = new Set(types)
  const places: number[] = []
  for (let place = 0; place < history.length; place++) if (wanted.has(history[place]!.type)) places.push(place)
  return places
}

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
