import type { Connection } from '../core/connection.ts'
import { MqttError } from '../errors.ts'
import type { Journal } from '../ports/journal.ts'
import type { ByteStream } from '../ports/transport.ts'

/** A burst is written before its turn ends once it has grown to this. */
const BURST_BYTES = 65_536

export interface WriterHost {
  /** Where to write; another object for another connection. */
  current(): { readonly stream?: ByteStream; readonly connection?: Connection } | undefined
  now(): number
  /** Written, or nothing was to be written. */
  written(bufferedBytes: number): void
  failed(error: MqttError): void
}

/** Writes what waits, once for a whole turn; with a store, after what it depends on is committed. */
export function createWriter(store: Journal | undefined, { current, now, written, failed }: WriterHost) {
  let isScheduled = false
  let isCommitting = false

  const flush = async () => {
    if (isCommitting) return
    const link = current()
    const taken = link?.connection?.take(now())
    const commit = store?.commit()
    if (commit) {
      isCommitting = true
      try {
        await commit
      } catch (cause) {
        // Nothing can be promised any more, and nothing that was not committed may leave.
        return failed(new MqttError('STORE_FAILED', '', { cause }))
      }
      isCommitting = false
      schedule()
    }
    const stream = link === current() ? link?.stream : undefined
    if (taken && stream) {
      stream.write(taken.bytes)
      for (const sent of taken.sent) sent()
    }
    written(stream?.bufferedBytes ?? 0)
  }
  const schedule = () => {
    if (isScheduled) return
    isScheduled = true
    queueMicrotask(() => {
      isScheduled = false
      void flush()
    })
  }

  return {
    flush,
    /** At the end of this turn, or at once where much waits. */
    bytesWaiting(): void {
      if (!store && (current()?.connection?.waitingBytes ?? 0) > BURST_BYTES) void flush()
      schedule()
    },
  }
}
