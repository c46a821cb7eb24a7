import type { Recovery, RecoveryFailure } from '../core/recovery.ts'
import { RECOVERY_ORDER } from '../core/recovery.ts'
import { bodyKey, rangeOfTag } from '../core/records/keys.ts'
import { decodeQueued } from '../core/records/queued-record.ts'
import type { Store } from '../ports/store.ts'
import type { LoadedRecord, LoadRequest } from '../ports/stored-message.ts'

/** How many records are read between two reports. */
const REPORT_RECORDS = 100_000

/** Gives every record to the recovery, in its order; `report` hears of every 100,000. */
export const recoverFrom = async (
  store: Store,
  recovery: Recovery,
  report: (records: number) => void,
): Promise<RecoveryFailure | undefined> => {
  let records = 0
  for (const tag of RECOVERY_ORDER) {
    for await (const [key, value] of store.scan(rangeOfTag(tag))) {
      const failure = recovery.record(key, value)
      if (failure !== undefined) return failure
      if (++records % REPORT_RECORDS === 0) report(records)
    }
  }
  report(records)
  return recovery.finish()
}

/** The records of a request, with the bodies that they refer to. */
export const readRecords = async (store: Store, request: LoadRequest): Promise<LoadedRecord[]> => {
  const records: LoadedRecord[] = []
  let sizeBytes = 0
  for await (const [key, value] of store.scan(request)) {
    const decoded = decodeQueued(value)
    const body = decoded?.type === 'message' && decoded.body !== 0 ? await store.get(bodyKey(decoded.body)) : undefined
    records.push(body === undefined ? { key, value } : { key, value, body })
    sizeBytes += value.length + (body?.length ?? 0)
    if (sizeBytes >= request.maximumBytes) break
  }
  return records
}
