import type { FreshBroker, StartBroker } from './brokers.ts'
import type { Explanation } from './explanations.ts'
import { Random } from '../random.ts'
import { PLACES, script, type Step } from './script.ts'
import { WireClient } from './wire-client.ts'

/** Where two brokers did not do the same. */
export interface Difference {
  readonly step: Step
  /** Who received something else because of it. */
  readonly place: number
  readonly ours: readonly string[]
  readonly theirs: readonly string[]
  /** What the Client received that did the step. */
  readonly acted: { readonly ours: readonly string[]; readonly theirs: readonly string[] }
  /** All steps so far; the last is this one. */
  readonly steps: readonly Step[]
}

/** Why two brokers differ there; undefined: nobody knows. */
export type Explain = (difference: Difference) => Explanation | undefined

export interface Played {
  /** After which both were alike, or differed for a reason that is known. */
  readonly steps: number
  /** That nobody can explain. */
  readonly difference?: Difference
}

/** Plays one conversation with both, step by step, until a difference that nobody can explain, or after which they have different states. */
export const play = async (
  seed: number,
  brokers: readonly [StartBroker, StartBroker],
  explain: Explain,
): Promise<Played> => {
  const sides = (await Promise.all(brokers.map((start) => start()))).map((broker) => new Side(broker))
  const steps: Step[] = []
  try {
    for (const step of script(new Random(seed))) {
      steps.push(step)
      const [ours, theirs] = await Promise.all(sides.map((side) => side.take(step)))
      let goesOn = true
      for (let place = 0; place < PLACES; place++) {
        if (ours![place]!.join('\n') === theirs![place]!.join('\n')) continue
        const acted = { ours: ours![step.place]!, theirs: theirs![step.place]! }
        const difference = { step, place, ours: ours![place]!, theirs: theirs![place]!, acted, steps: [...steps] }
        const explanation = explain(difference)
        if (explanation === undefined) return { steps: steps.length - 1, difference }
        goesOn &&= explanation.goesOn
      }
      if (!goesOn) break
    }
    return { steps: steps.length }
  } finally {
    await Promise.all(sides.map((side) => side.end()))
  }
}

/** One broker with its Clients. */
class Side {
  readonly #broker: FreshBroker
  readonly #clients: (WireClient | undefined)[] = []

  constructor(broker: FreshBroker) {
    this.#broker = broker
  }

  /** Does a step and gives what each Client received because of it. */
  async take(step: Step): Promise<readonly (readonly string[])[]> {
    const { place, act, bytes, version } = step
    if (act === 'connect') {
      const before = this.#clients[place]
      if (before !== undefined) {
        await before.cut()
        // Its Will is where it belongs before somebody new comes.
        await this.#quiet()
      }
      this.#clients[place] = await WireClient.open(this.#broker.port, version)
    }
    const acting = this.#clients[place]
    if (act === 'cut') await acting?.cut()
    else acting?.send(bytes)
    await acting?.settle()
    await this.#quiet()
    return Array.from({ length: PLACES }, (_, each) => this.#clients[each]?.take() ?? [])
  }

  /**
   * Everything that a step has caused has come. What a Client sends may reach another one behind the answer to its PINGREQ, so
   * two rounds in a row have to bring nothing.
   */
  async #quiet(): Promise<void> {
    for (let quiet = 0; quiet < 2;) {
      const before = this.#received()
      await Promise.all(this.#clients.map(async (client) => client?.settle()))
      quiet = this.#received() === before ? quiet + 1 : 0
    }
  }

  #received(): number {
    return this.#clients.reduce((sum, client) => sum + (client?.received ?? 0), 0)
  }

  async end(): Promise<void> {
    for (const client of this.#clients) await client?.cut()
    await this.#broker[Symbol.asyncDispose]()
  }
}
