import { describe, it } from 'vitest'
import { findPeer, missingPeers } from './peer-table.mjs'

export { findPeer, missingPeers, PEERS } from './peer-table.mjs'

class MissingPeer extends Error {
  code = 'PEER_MISSING'
}

/** Tests that need programs of others: skipped with the reason where one is missing, failed where peers are required. */
export function describeWithPeers(names, title, body) {
  const why = missingPeers(names)
  if (why === undefined) describe(title, () => body(...names.map(findPeer)))
  else if (process.env.GODWIT_PEERS === 'required')
    describe(title, () => {
      it('has the programs that it speaks to', () => {
        throw new MissingPeer(why)
      })
    })
  else describe.skip(`${title} [skipped: ${why}]`, () => body(...names.map(() => '')))
}
