import type { Recovery, RecoveryFailure } from '../core/recovery.ts'
import { RECOVERY_ORDER } from '../core/recovery.ts'
import { bodyKey, rangeOfTag } from '../core/records/keys.ts'
import { bodyNumberOf } from '../core/records/queued-record.ts'
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
    for await (const chunk of store.scan(rangeOfTag(tag))) {
      for (const [key, value] of chunk) {
        const failure = recovery.record(key, value)
        if (failure !== undefined) return failure
        if (++records % REPORT_RECORDS === 0) report(records)
      }
    }
  }
  report(records)
  return recovery.finish()
}

/** The records of a request, with the bodies that they refer to. */
export const readRecords = async (store: Store, request: LoadRequest): Promise<LoadedRecord[]> => {
  const records: LoadedRecord[] = []
  let sizeBytes = 0
  for await (const chunk of store.scan(request)) {
    for (const [key, value] of chunk) {
      const number = bodyNumberOf(value)
      const body = number === 0 ? undefined : await store.get(bodyKey(number))
      records.push({ key, value, body })
      sizeBytes += value.length + (body?.length ?? 0)
      if (sizeBytes >= request.maximumBytes) return records
    }
  }
  return records
}
