import type { Checker } from './checker.ts'
import { tally } from './expectations.ts'
import { placesOf } from './places.ts'
import type { Delivery, Story } from './story.ts'

/** I33 */
export const clientLibrary: Checker = {
  name: 'I33',
  says: 'the client resolves a publish when it was acknowledged, and hands a QoS 2 message over once',
  *check(story) {
    const firstAnswer = new Map<string, number>()
    for (const { client, received } of story.connections.values()) {
      const answer = received.find(
        ({ packet: { type } }) => type === 'puback' || type === 'pubcomp' || type === 'pubrec',
      )
      if (answer !== undefined && !firstAnswer.has(client)) firstAnswer.set(client, answer.place)
    }
    const restarts = placesOf(story, 'library-restarted')
    for (const place of placesOf(story, 'library-settled')) {
      const event = story.history[place]!
      if (event.type !== 'library-settled' || event.error !== undefined) continue
      const message = story.messages.get(event.message)
      if (message === undefined || message.packet.qos === 0) continue
      if (place < (firstAnswer.get(message.client) ?? Infinity))
        yield { place, text: `${message.name} was resolved and never acknowledged` }
      if (message.acknowledged > place) yield { place, text: `${message.name} was resolved before it was acknowledged` }
    }
    for (const [, some] of tally(handedOver(story), ({ client, message }) => `${client} ${message}`)) {
      const { client, message: name, place } = some.at(-1)!
      const message = story.messages.get(name)
      const session = story.connections.get(some[0]!.connection)?.session
      if (message === undefined || session === undefined || message.packet.qos !== 2 || message.isWill) continue
      // What was handed over and is not written down yet comes again to the next process.
      const begins = some[0]!.place
      if (restarts.some((restart) => begins < restart && restart < place && isOf(story, restart, client))) continue
      const deliveries = message.deliveries.filter((delivery) => delivery.session?.client === client)
      const copies = copiesOf(deliveries)
      const exact = deliveries.every(({ packet }) => packet.qos === 2)
      // Two Subscriptions of an application are two handlers for one message.
      const times = new Set(some.map(({ at }) => at)).size
      if (exact && times > Math.max(1, copies)) {
        yield { place, text: `${client} handed ${name} (QoS 2) over ${times} times` }
      }
    }
  },
}

/** A broker that has ended may say DUP of what had not left: a copy is what has an identifier of its own. */
const copiesOf = (deliveries: readonly Delivery[]): number => {
  const known = new Set<number | undefined>()
  let copies = 0
  for (const { packet } of deliveries) {
    if (!packet.dup || !known.has(packet.packetId)) copies++
    known.add(packet.packetId)
  }
  return copies
}

const isOf = ({ history }: Story, place: number, client: string): boolean => {
  const event = history[place]!
  return 'client' in event && event.client === client
}

interface HandedOver {
  readonly client: string
  readonly connection: number
  readonly message: string
  readonly place: number
  readonly at: number
}

/** What clients of the library gave their applications. */
const handedOver = ({ plan, history, places }: Story): HandedOver[] => {
  const handed: HandedOver[] = []
  const library = new Set(plan.clients.filter(({ kind }) => kind === 'library').map(({ name }) => name))
  if (library.size === 0) return handed
  for (const place of placesOf({ places }, 'handed-over')) {
    const event = history[place]!
    if (event.type !== 'handed-over' || !library.has(event.client)) continue
    const { client, connection, message, at } = event
    handed.push({ client, connection, message, place, at })
  }
  return handed
}
