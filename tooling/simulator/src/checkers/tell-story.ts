import { AUDITOR } from '../clients/auditor.ts'
import type { HistoryEvent, Policy } from '../history.ts'
import type { ClientPlan, Plan } from '../plan.ts'
import type { Outcome } from '../simulation.ts'
import { tally } from './expectations.ts'
import { newSession, OpenConnection } from './open-connection.ts'
import type { RareType } from './places.ts'
import type { Life, ConnectionStory, SessionStory, MessageStory, Delivery, Story } from './story.ts'

/** Reads a history once, from its beginning to its end. */
export const tellStory = (outcome: {
  readonly plan: Plan
  readonly history: readonly HistoryEvent[]
  readonly recordsLeft: ReadonlyMap<number, number>
  readonly without?: Outcome
}): Story => new Teller(outcome).tell()

class Teller {
  readonly #outcome: Parameters<typeof tellStory>[0]
  readonly #plans: ReadonlyMap<string, ClientPlan>
  readonly #lives: Life[] = []
  readonly #connections = new Map<number, ConnectionStory>()
  readonly #connectionsOf = new Map<string, ConnectionStory[]>()
  readonly #sessions: SessionStory[] = []
  readonly #current = new Map<string, SessionStory>()
  readonly #messages = new Map<string, MessageStory>()
  readonly #deliveries: Delivery[] = []
  readonly #policies: { place: number; at: number; policy: Policy }[] = []
  readonly #open = new Map<number, OpenConnection>()
  readonly #places = new Map<RareType, number[]>()
  /** Whose SUBSCRIBE came before its CONNACK. */
  readonly #nobody = newSession('', AUDITOR, Infinity)
  #healed = Infinity
  #leaving = Infinity

  constructor(outcome: Parameters<typeof tellStory>[0]) {
    this.#outcome = outcome
    this.#plans = new Map([...outcome.plan.clients, AUDITOR].map((plan) => [plan.name, plan]))
  }

  tell(): Story {
    const { plan, history, recordsLeft, without } = this.#outcome
    for (let place = 0; place < history.length; place++) this.#event(history[place]!, place)
    return {
      plan,
      history,
      places: this.#places,
      recordsLeft,
      without,
      lives: this.#lives,
      connections: this.#connections,
      connectionsOf: this.#connectionsOf,
      sessions: this.#sessions,
      messages: this.#messages,
      deliveries: this.#deliveries,
      deliveriesOf: tally(this.#deliveries, ({ session }) => session),
      policies: this.#policies,
      healed: this.#healed,
      leaving: this.#leaving,
    }
  }

  #event(event: HistoryEvent, place: number): void {
    switch (event.type) {
      case 'sent':
        return this.#open.get(event.connection)!.sent(event, event.packet)
      case 'read':
        return this.#open.get(event.connection)!.read(event, event.packet)
      case 'written':
        return this.#open.get(event.connection)!.written(event, event.packet)
      case 'received':
        return this.#open.get(event.connection)!.received(event, event.packet)
    }
    const places = this.#places.get(event.type)
    if (places === undefined) this.#places.set(event.type, [place])
    else places.push(place)
    switch (event.type) {
      case 'started':
        this.#lives.push({ life: event.life, started: place, ended: Infinity, how: undefined })
        return
      case 'ended': {
        const life = this.#lives.find(({ life: each }) => each === event.life)
        if (life !== undefined) Object.assign(life, { ended: place, how: event.how })
        for (const connection of this.#connections.values()) {
          if (connection.goneForBroker === Infinity) connection.goneForBroker = place
        }
        return
      }
      case 'opened':
        return this.#opened(event.connection, event.client, place)
      case 'gone': {
        const connection = this.#connections.get(event.connection)!
        if (event.side === 'broker') Object.assign(connection, { goneForBroker: place, cleanForBroker: event.clean })
        else connection.goneForClient = place
        return
      }
      case 'ended-by-broker':
        this.#connections.get(event.connection)!.endedByBroker = place
        return
      case 'cut':
      case 'half-open':
      case 'slow-reader': {
        const connection = this.#connections.get(event.connection)!
        connection.disturbed = Math.min(connection.disturbed, place)
        return
      }
      case 'policy':
        this.#policies.push({ place, at: event.at, policy: event.policy })
        return
      case 'healed':
        this.#healed = place
        return
      case 'leaving':
        this.#leaving = place
    }
  }

  #opened(id: number, client: string, place: number): void {
    const connection: ConnectionStory = {
      id,
      client,
      plan: this.#plans.get(client)!,
      life: this.#lives.at(-1)?.life ?? 0,
      opened: place,
      version: 4,
      connect: undefined,
      connectRead: Infinity,
      connack: undefined,
      accepted: false,
      session: undefined,
      sent: [],
      read: [],
      written: [],
      received: [],
      goneForBroker: Infinity,
      goneForClient: Infinity,
      cleanForBroker: false,
      endedByBroker: Infinity,
      disturbed: Infinity,
    }
    this.#connections.set(id, connection)
    const earlier = this.#connectionsOf.get(client)
    if (earlier === undefined) this.#connectionsOf.set(client, [connection])
    else earlier.push(connection)
    this.#open.set(
      id,
      new OpenConnection(connection, {
        messages: this.#messages,
        deliveries: this.#deliveries,
        sessions: this.#sessions,
        current: this.#current,
        nobody: this.#nobody,
      }),
    )
  }
}
