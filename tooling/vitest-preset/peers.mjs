import { describe } from 'vitest'
import { findPeer, missingPeers } from './peer-table.mjs'

export { findPeer, missingPeers, PEERS } from './peer-table.mjs'

export function describeWithPeers(names, title, body) {
  const why = missingPeers(names)
  if (why === undefined) describe(title, () => body(...names.map(findPeer)))
  else describe.skip(`${title} [skipped: ${why}]`, () => body(...names.map(() => '')))
}
