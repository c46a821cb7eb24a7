// A Client whose Session is in a file: publishes numbers FROM to TO with QoS 2, prints each when it is stored, and ends when
// all are acknowledged: node stored-publisher.mjs URL DIRECTORY FROM TO
import { connect } from '@godwit/mqtt-client'
import { journal } from '@godwit/mqtt-client/store'
import { fileSessionStore } from '@godwit/mqtt-client/store/file'

const [url, directory, from, to] = process.argv.slice(2)
const store = journal(fileSessionStore(directory))
const client = await connect(url, { clientId: 'publisher', sessionExpiryIntervalSeconds: 600, store, sendMaximum: 4 })
for (let number = Number(from); number <= Number(to); number++) {
  client.publish('numbers', String(number), { qos: 2, until: 'stored' }).then(
    () => console.log(number),
    () => {},
  )
  // As much as one turn publishes is one commit.
  if (number % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
}
await client.close({ drain: true })
