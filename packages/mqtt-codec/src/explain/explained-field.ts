/**
 * One part of a packet: its bytes, its name in the specification, what they say. Parts without `parts` of their own tile
 * the packet: each byte lies in exactly one of them. The parts of a byte that has `bits` share that byte.
 */
export interface ExplainedField {
  readonly name: string
  /** From the first byte of the input, inclusive. */
  readonly start: number
  /** Exclusive. */
  readonly end: number
  /** Which bits of the byte: `0011 ....`, where the dots are bits of other parts. */
  readonly bits?: string
  readonly meaning: string
  /** The section of MQTT 5.0 that defines it. */
  readonly section: string
  readonly parts?: readonly ExplainedField[]
}
