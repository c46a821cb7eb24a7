import type { Checker } from './checker.ts'
import { tally } from './expectations.ts'

const TAKEN_OVER = 0x8e

/** I13 */
export const takeover: Checker = {
  name: 'I13',
  says: 'after the CONNACK of a new connection no byte to or from the old one has any effect',
  *check({ connections, messages }) {
    // Messages that came on one connection only.
    const readOn = tally(
      [...messages.values()].filter(({ reads }) =>
        reads.every(({ connection }) => connection === reads[0]!.connection),
      ),
      ({ reads }) => reads[0]?.connection,
    )
    for (const [, some] of tally(connections.values(), ({ client }) => client)) {
      const accepted = some.filter((connection) => connection.accepted)
      for (const old of accepted) {
        // The CONNACK of one that was taken over at the gate may come behind that of its successor.
        const next = accepted.find(
          (other) =>
            other.life === old.life && other.connack!.place > old.connack!.place && other.connectRead > old.connectRead,
        )
        if (next === undefined) continue
        const since = next.connack!.place
        const late = old.written.find(({ place }) => place > since)
        if (late !== undefined && !(late.packet.type === 'disconnect' && late.packet.reasonCode === TAKEN_OVER)) {
          yield {
            place: late.place,
            text: `${old.client} was sent a ${late.packet.type} on the connection that it had left`,
          }
        }
        const farewells = old.written.filter(
          ({ packet }) => packet.type === 'disconnect' && packet.reasonCode === TAKEN_OVER,
        )
        if (farewells.length > 1) yield { place: farewells[1]!.place, text: `${old.client} was told twice` }
        for (const message of readOn.get(old) ?? []) {
          if (message.reads[0]!.place < since) continue
          const place = message.deliveries[0]?.place
          if (place !== undefined) yield { place, text: `${message.name} came from a connection that was taken over` }
        }
      }
    }
  },
}
