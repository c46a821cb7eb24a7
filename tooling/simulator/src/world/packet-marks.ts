import type { Packet } from '@godwit/mqtt-codec'

interface Mark {
  /** How many bytes of the stream there are when it is whole. */
  readonly end: number
  readonly packet: Packet
  readonly sizeBytes: number
}

/** Where in a stream of bytes the packets end that are on their way: who has the bytes has the packets. */
export class PacketMarks {
  readonly #marks: Mark[] = []

  add(end: number, packet: Packet, sizeBytes: number): void {
    this.#marks.push({ end, packet, sizeBytes })
  }

  /** Those that are whole now that so many bytes are there, each once. */
  pass(bytes: number, each: (packet: Packet, sizeBytes: number) => void): void {
    for (let mark = this.#marks[0]; mark !== undefined && mark.end <= bytes; mark = this.#marks[0]) {
      this.#marks.shift()
      each(mark.packet, mark.sizeBytes)
    }
  }
}
