import { connect } from '@godwit/mqtt-client'
import { journal } from '@godwit/mqtt-client/store'
import { indexedDbSessionStore } from '@godwit/mqtt-client/store/indexeddb'

type Store = ReturnType<typeof indexedDbSessionStore>
type Operations = Parameters<Store['commit']>[0]

/** The store objects of this page, by a name that the test gives them. */
const stores = new Map<string, Store>()

const storeOf = (name: string, databaseName: string): Store => {
  const known = stores.get(name) ?? indexedDbSessionStore({ databaseName })
  stores.set(name, known)
  return known
}

/** QoS 2 messages `from` to `to`, each told when it is stored; resolves when all are acknowledged. */
const publish = async (url: string, from: number, to: number, stored: (number: number) => void): Promise<void> => {
  const store = journal(indexedDbSessionStore({ databaseName: 'exactly-once' }))
  const client = await connect(url, { clientId: 'page', sessionExpiryIntervalSeconds: 600, store, sendMaximum: 4 })
  const all: Promise<unknown>[] = []
  for (let number = from; number <= to; number++) {
    const kept = client.publish('numbers', String(number), { qos: 2, until: 'stored' })
    all.push(kept.then(() => stored(number)))
  }
  await Promise.all(all)
  await client.close()
}

Object.assign(globalThis, {
  publish,
  load: async (name: string, databaseName: string, clientId: string) => storeOf(name, databaseName).load(clientId),
  commit: async (name: string, databaseName: string, operations: Operations) =>
    storeOf(name, databaseName).commit(operations),
  close: async (name: string, databaseName: string) => storeOf(name, databaseName).close(),
})
