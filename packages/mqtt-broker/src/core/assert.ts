/** What only a mistake in this program can break. Never depends on a peer's bytes. */
export class AssertionFailure extends Error {
  readonly code = 'ASSERTION_FAILED'
  override readonly name = 'AssertionFailure'
}

/** Stays on in production: a broker that has lost its bearings must not go on. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new AssertionFailure(`This should always hold: ${what}`)
}
