/** Who owns a Session, where there is more than one broker. The one implementation so far is `alone`. */
export interface Cluster {
  /** True where this broker may own the Session of this Client Identifier. */
  owns(clientId: string): boolean
  /** Rises with each change of ownership; a store refuses writes of an older one. */
  readonly epoch: bigint
}

export const alone: Cluster = { owns: () => true, epoch: 0n }
