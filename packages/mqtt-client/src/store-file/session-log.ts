import type { StoreOperation } from '../ports/session-store.ts'
import { crc32c } from './crc32c.ts'
import { decodeOperations, encodeOperations } from './operation-codec.ts'

/** The first bytes of a log; the number is the version of its format. */
const BEGINNING = /* @__PURE__ */ new TextEncoder().encode('godwit session 1\n')
/** Length and checksum. */
const HEADER_BYTES = 8

/** What a log holds, and how far it is whole. */
export interface LogContent {
  /** `whole`; `torn`: what lies behind `goodBytes` was never finished; `damaged`: good records lie behind it; `foreign`: no log of this format. */
  readonly state: 'whole' | 'torn' | 'damaged' | 'foreign'
  readonly clientId: string
  readonly batches: readonly (readonly StoreOperation[])[]
  readonly goodBytes: number
}

/** A new log, for one Client Identifier, with what is to stand in it. */
export function encodeLog(clientId: string, operations: readonly StoreOperation[]): Uint8Array {
  const whose = record(new TextEncoder().encode(clientId))
  const batch = operations.length > 0 ? encodeBatch(operations) : new Uint8Array()
  const bytes = new Uint8Array(BEGINNING.length + whose.length + batch.length)
  bytes.set(BEGINNING)
  bytes.set(whose, BEGINNING.length)
  bytes.set(batch, BEGINNING.length + whose.length)
  return bytes
}

/** One commit: there as a whole or not at all. */
export const encodeBatch = (operations: readonly StoreOperation[]): Uint8Array => record(encodeOperations(operations))

export function readLog(bytes: Uint8Array): LogContent {
  const nothing = { clientId: '', batches: [], goodBytes: 0 }
  const begins = BEGINNING.every((byte, at) => bytes[at] === byte || at >= bytes.length)
  // A crash while it was created leaves less than its beginning.
  if (begins && bytes.length < BEGINNING.length) return { state: 'torn', ...nothing }
  if (!begins) return { state: 'foreign', ...nothing }
  const whose = recordAt(bytes, BEGINNING.length)
  const batches: (readonly StoreOperation[])[] = []
  let at = whose === undefined ? BEGINNING.length : whose.end
  for (let next = whose && recordAt(bytes, at); next !== undefined; next = recordAt(bytes, at)) {
    const operations = decodeOperations(next.payload)
    if (operations === undefined) break
    batches.push(operations)
    at = next.end
  }
  const isWhole = at === bytes.length && whose !== undefined
  const state = isWhole ? 'whole' : hasRecordAfter(bytes, at) ? 'damaged' : 'torn'
  return { state, clientId: whose ? new TextDecoder().decode(whose.payload) : '', batches, goodBytes: whose ? at : 0 }
}

function record(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, payload.length)
  view.setUint32(4, crc32c(payload))
  bytes.set(payload, HEADER_BYTES)
  return bytes
}

/** The record that begins there; undefined where none does that is whole. */
function recordAt(bytes: Uint8Array, at: number): { readonly payload: Uint8Array; readonly end: number } | undefined {
  if (at + HEADER_BYTES > bytes.length) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + at)
  const end = at + HEADER_BYTES + view.getUint32(0)
  // A record of no bytes has the checksum of nothing, 0: zeros that a crash left at the end of a file look like it.
  if (end > bytes.length || end === at + HEADER_BYTES) return undefined
  const payload = bytes.subarray(at + HEADER_BYTES, end)
  return crc32c(payload) === view.getUint32(4) ? { payload, end } : undefined
}

/** Whether a later commit was written behind what is wrong: then it is no torn end, whatever it is. */
function hasRecordAfter(bytes: Uint8Array, damage: number): boolean {
  for (let at = damage + 1; at + HEADER_BYTES < bytes.length; at++) {
    const found = recordAt(bytes, at)
    if (found && decodeOperations(found.payload)) return true
  }
  return false
}
