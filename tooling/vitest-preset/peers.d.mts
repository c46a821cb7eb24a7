/** A program of somebody else that tests speak to. */
export interface Peer {
  readonly name: string
  /** Debian's package. */
  readonly debian: string
}
export declare const PEERS: readonly Peer[]

/** The path of a peer, or undefined when it is not installed. */
export declare function findPeer(name: string): string | undefined

/** Undefined when all are installed, else a sentence for the list of skipped tests. */
export declare function missingPeers(names: readonly string[]): string | undefined

/**
 * `describe` for tests that need peers: skipped with the reason in its title when one is missing. The paths come in the
 * order of the names. Under GODWIT_PEERS=required `npm test` counts each skipped test as a failure.
 */
export declare function describeWithPeers(
  names: readonly string[],
  title: string,
  body: (...paths: string[]) => void,
): void
