/**
 * What comes behind the fixed header of a kind of packets. Writing, it is given the packet; reading, it is given an empty
 * one, and returns the packet.
 */
export type Body<Packet extends { readonly type: string }> = (
  given: Packet,
  type: Packet['type'],
  flags: number,
) => Packet

/** What a body is given when it reads. */
export const NOTHING: unknown = {}
