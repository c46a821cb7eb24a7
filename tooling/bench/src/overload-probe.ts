import { encode } from '@godwit/mqtt-codec'
import { connectBy } from './broker/connect.ts'
import { Peer } from './broker/peer.ts'
import { hello, nowMs, pass } from './overload/wire.ts'

/**
 * Somebody else's connection: `node overload-probe.mjs PORT`, in a process of its own. It sends a PINGREQ fifty times a second
 * and, when its parent asks, tells when each was sent and how long the answer took, in milliseconds.
 */
export type Pings = readonly (readonly [sentMs: number, tookMs: number])[]

const INTERVAL_MS = 20

const pings: [number, number][] = []
process.on('message', () => process.send!(pings, () => process.exit()))
const peer = new Peer(await connectBy.tcp(Number(process.argv[2])), 4, () => {})
await hello(peer, 'probe')
for (;;) {
  const sentMs = nowMs()
  await peer.request(encode({ type: 'pingreq' }, 4))
  pings.push([sentMs, nowMs() - sentMs])
  await pass(INTERVAL_MS)
}
