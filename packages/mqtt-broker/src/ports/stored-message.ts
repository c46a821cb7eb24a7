import type { KeyRange } from './store.ts'

/** Records that the core wants to see again: values of a range, with the bodies that they refer to. */
export interface LoadRequest extends KeyRange {
  readonly maximumRecords: number
  /** Reading stops behind the record that reaches this size. */
  readonly maximumBytes: number
}

/** A record as it was found. `body`: the value of the body record that it refers to. */
export interface LoadedRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly body: Uint8Array | undefined
}
