import type { UserProperty } from '@godwit/mqtt-codec'
import type { Payload, UserProperties } from '../api/structural.ts'

const encoder = /* @__PURE__ */ new TextEncoder()

/** The payload's bytes. Only text is copied; what outlives the call is the caller's to leave alone until it is settled. */
export function toBytes(payload: Payload): Uint8Array {
  if (typeof payload === 'string') return encoder.encode(payload)
  return ArrayBuffer.isView(payload)
    ? new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength)
    : new Uint8Array(payload)
}

export function toPairs(properties: UserProperties | undefined): readonly UserProperty[] | undefined {
  if (!properties) return undefined
  if (Symbol.iterator in properties) return [...(properties as Iterable<UserProperty>)]
  return Object.entries(properties).flatMap(([name, value]) => [value].flat().map((one): UserProperty => [name, one]))
}

/** What optional fields say, without the ones that say nothing; undefined where none is left. Runs for each message. */
export function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } | undefined {
  let some: { [K in keyof T]: Exclude<T[K], undefined> } | undefined
  for (const name in fields) {
    const value = fields[name]
    if (value === undefined) continue
    some ??= {} as { [K in keyof T]: Exclude<T[K], undefined> }
    some[name] = value as Exclude<T[typeof name], undefined>
  }
  return some
}
