import type { HistoryEvent, PacketEvent } from '../history.ts'
import { describeEvent, describePacket } from './describe.ts'

/** One line of a diagram: a packet on its way, or something that happened to somebody. */
export type Row = { readonly place: number; readonly at: number; readonly text: string } & (
  | {
      readonly type: 'packet'
      readonly client: string
      readonly connection: number
      readonly towardsBroker: boolean
      /** When it had arrived; undefined: it never did. */
      readonly arrivedAt: number | undefined
    }
  | { readonly type: 'note'; readonly who: string }
)

/** Those that say nothing to a reader. */
const SILENT = new Set<HistoryEvent['type']>(['counters', 'commit-begun', 'library-stats', 'read', 'received'])

/** The history as rows: each packet once, with when it left and when it arrived. */
export const rowsOf = (history: readonly HistoryEvent[]): Row[] => {
  const clients = new Map<number, string>()
  const arrivals = arrivalsOf(history)
  const rows: Row[] = []
  history.forEach((event, place) => {
    if (event.type === 'opened') clients.set(event.connection, event.client)
    if (SILENT.has(event.type)) return
    const { at } = event
    if (event.type === 'sent' || event.type === 'written') {
      rows.push({
        type: 'packet',
        place,
        at,
        text: describePacket(event.packet),
        client: clients.get(event.connection) ?? '',
        connection: event.connection,
        towardsBroker: event.type === 'sent',
        arrivedAt: arrivals.get(event),
      })
    } else rows.push({ type: 'note', place, at, text: describeEvent(event), who: whoOf(event, clients) })
  })
  return rows
}

/** Packets of one direction of a connection arrive in their order. */
const arrivalsOf = (history: readonly HistoryEvent[]): Map<HistoryEvent, number> => {
  const onTheWay = new Map<string, PacketEvent[]>()
  const arrivals = new Map<HistoryEvent, number>()
  for (const event of history) {
    if (event.type === 'sent' || event.type === 'written') {
      const key = `${event.type} ${event.connection}`
      const list = onTheWay.get(key)
      if (list === undefined) onTheWay.set(key, [event])
      else list.push(event)
    } else if (event.type === 'read' || event.type === 'received') {
      const left = onTheWay.get(`${event.type === 'read' ? 'sent' : 'written'} ${event.connection}`)?.shift()
      if (left !== undefined) arrivals.set(left, event.at)
    }
  }
  return arrivals
}

const whoOf = (event: HistoryEvent, clients: ReadonlyMap<number, string>): string => {
  if ('client' in event) return event.client
  if (event.type.startsWith('commit') || event.type.startsWith('disk')) return 'disk'
  if (event.type === 'gone' && event.side === 'client') return clients.get(event.connection) ?? ''
  return 'connection' in event && event.type !== 'ended-by-broker' && event.type !== 'gone'
    ? (clients.get(event.connection) ?? '')
    : 'broker'
}
