import type { LoadedRecord } from '../ports/stored-message.ts'
import type { Core } from './context.ts'
import type { Grave } from './graves.ts'
import { requestLoad } from './loads.ts'
import { decodeQueued } from './records/queued-record.ts'
import { restoreToGroup } from './shared-subscriptions.ts'
import { readQueued, sequenceOfKey } from './stored-messages.ts'

/**
 * Takes what ended Sessions left out of the store, a piece per commit: QoS 1 messages of their groups go back there
 * (§4.8.2), everything else is deleted.
 */
export const continueGraves = (core: Core): void => {
  const [grave] = core.graves
  if (grave === undefined || core.exhuming || grave.commit > core.records.committed) return
  core.exhuming = true
  requestLoad(core, grave.number, grave.sequence, (records) => {
    core.exhuming = false
    if (records === undefined || records.length === 0) {
      // What could not be read now is found again by the next start.
      core.graves.shift()
      return undefined
    }
    for (const record of records) exhume(core, grave, record)
    return undefined
  })
}

const exhume = (core: Core, grave: Grave, record: LoadedRecord): void => {
  const sequence = sequenceOfKey(record.key)
  grave.sequence = sequence + 1
  const decoded = decodeQueued(record.value)
  const message = decoded?.type === 'message' ? decoded : undefined
  if (message?.origin !== undefined && message.qos === 1) {
    const queued = readQueued(core, record)
    if (queued !== undefined) restoreToGroup(core, queued)
  }
  grave.commit = core.records.forgetQueued(grave.number, sequence, message?.body ?? 0)
}
