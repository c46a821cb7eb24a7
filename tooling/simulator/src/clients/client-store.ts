import { memorySessionStore, type SessionStore } from '@godwit/mqtt-client/store'
import type { Random } from '../world/random.ts'
import type { World } from '../world/world.ts'

/** The store of a client: what it is given is written down at once, and it says so up to so much later. */
export const slowSessionStore = (world: World, random: Random, mostMs: number): SessionStore => {
  const store = memorySessionStore()
  if (mostMs === 0) return store
  const later = <Value>(answer: Promise<Value>): Promise<Value> =>
    new Promise((resolve) => {
      world.schedule.after(mostMs * random.fraction(), () => {
        world.promises = true
        resolve(answer)
      })
    })
  return {
    load: (clientId) => later(store.load(clientId)),
    commit: (operations) => later(store.commit(operations)),
    close: () => store.close(),
  }
}
