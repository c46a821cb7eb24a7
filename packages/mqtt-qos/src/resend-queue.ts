import { InFlightTable, OWED } from './in-flight-table.ts'
import { SenderState } from './transitions.ts'

/**
 * What one resume owes, in order of sending: two lists, since a PUBLISH that waits for quota must not hold back a PUBREL behind it
 * [MQTT-3.3.4-8]. Nothing starts while anything is owed, so no identifier in here can have become another message.
 */
export class ResendQueue {
  readonly #table: InFlightTable
  readonly #publishes: number[] = []
  readonly #pubrels: number[] = []
  #nextPublish = 0
  #nextPubrel = 0

  /** @param slots in order of sending */
  constructor(table: InFlightTable, slots: readonly number[]) {
    this.#table = table
    for (const slot of slots) {
      const list = table.state(slot) === SenderState.awaitingPubcomp ? this.#pubrels : this.#publishes
      list.push(table.packetId(slot))
    }
  }

  /** The slot of the next one; -1 where there is none, or only a PUBLISH while `publishAllowed` is false. */
  next(publishAllowed: boolean): number {
    this.#nextPubrel = this.#skipSettled(this.#pubrels, this.#nextPubrel)
    this.#nextPublish = this.#skipSettled(this.#publishes, this.#nextPublish)
    const pubrel = this.#slot(this.#pubrels, this.#nextPubrel)
    const publish = publishAllowed ? this.#slot(this.#publishes, this.#nextPublish) : -1
    if (pubrel < 0) return publish
    if (publish < 0) return pubrel
    return this.#table.order(publish) < this.#table.order(pubrel) ? publish : pubrel
  }

  #slot(packetIds: readonly number[], index: number): number {
    const packetId = packetIds[index]
    return packetId === undefined ? -1 : this.#table.find(packetId)
  }

  /** Passes those that were given out already, or whose answer came first. */
  #skipSettled(packetIds: readonly number[], from: number): number {
    let index = from
    for (; index < packetIds.length; index += 1) {
      const slot = this.#slot(packetIds, index)
      if (slot >= 0 && this.#table.has(slot, OWED)) break
    }
    return index
  }
}
