import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrokerSetup, CANARY_USER, type Measured } from '../brokers/broker-setup.ts'
import { BrokerMissing, type Contestant, NotApplicable, type RunningBroker } from '../brokers/running-broker.ts'
import { BadBytes } from '../wire/frames.ts'
import { Unmet } from '../wire/wire-client.ts'
import { Canary, type Served } from './canary.ts'
import type { HostileCase } from './hostile-case.ts'
import { gaugesOff, judge } from './judge.ts'
import { type Measurement, Trial } from './trial.ts'
import type { Yardstick } from './yardstick.ts'

/** How a case went. */
export interface Result {
  readonly number: number
  /** `holds`; `fails`: what it requires does not hold; `dies`: the process ended; `not applicable`: it says nothing here. */
  readonly verdict: 'holds' | 'fails' | 'dies' | 'not applicable'
  readonly failures: readonly string[]
  readonly checks: number
  readonly notes: readonly string[]
  readonly measurements: readonly Measurement[]
  readonly tookMs: number
  /** What was tried in vain before. */
  readonly tries: readonly string[]
  /** The longest that somebody else waited. */
  readonly servedMs: number
}

/** How often a case is tried, where what it found may have been the machine. */
const TRIES = 3

/** Cases with the same setup share a broker. */
export class Runner {
  readonly #contestant: Contestant
  readonly #yardstick: Yardstick
  readonly #full: boolean

  constructor(contestant: Contestant, yardstick: Yardstick, full: boolean) {
    this.#contestant = contestant
    this.#full = full
    this.#yardstick = yardstick
  }

  async run(cases: readonly HostileCase[], onResult: (result: Result) => void): Promise<Result[]> {
    const stages = new Map<string, HostileCase[]>()
    for (const each of cases) {
      const key = stageOf(each.setup)
      stages.set(key, [...(stages.get(key) ?? []), each])
    }
    const results: Result[] = []
    for (const stage of stages.values()) {
      for await (const result of this.#stage(stage)) {
        results.push(result)
        onResult(result)
      }
    }
    return results.sort((one, other) => one.number - other.number)
  }

  async *#stage(cases: readonly HostileCase[]): AsyncGenerator<Result> {
    let ground: Ground | undefined
    try {
      for (const each of cases) {
        try {
          ground ??= await Ground.prepare(this.#contestant, each.setup, this.#yardstick)
        } catch (error) {
          yield unplayed(each, error)
          continue
        }
        const result = await this.#case(each, ground)
        yield result
        // What a failure left behind is not the next one's.
        if (result.verdict !== 'holds' && result.verdict !== 'not applicable') {
          await ground.clear()
          ground = undefined
        }
      }
    } finally {
      await ground?.clear()
    }
  }

  async #case(each: HostileCase, ground: Ground): Promise<Result> {
    const started = performance.now()
    let result: Result
    const tries: string[] = []
    for (let attempt = 1; ; attempt++) {
      const prefix = `h${each.number}-${attempt}`
      const contestant = this.#contestant
      const { broker } = ground
      const restart = (): Promise<void> => ground.restart()
      const trial = new Trial({ broker, contestant, yardstick: this.#yardstick, prefix, restart, full: this.#full })
      const { failures, soft, served, missing } = await this.#attempt(each, trial, ground)
      const died = ground.broker.end
      result = {
        number: each.number,
        verdict:
          died !== undefined
            ? 'dies'
            : failures.length + soft.length > 0
              ? 'fails'
              : missing
                ? 'not applicable'
                : 'holds',
        failures: died === undefined ? [...failures, ...soft] : [died, ...failures],
        checks: trial.checks,
        notes: trial.notes,
        measurements: trial.measurements,
        tookMs: performance.now() - started,
        tries: [...tries],
        servedMs: served.brokerMs,
      }
      if (died !== undefined || failures.length > 0 || soft.length === 0 || attempt === TRIES) return result
      tries.push(soft.join(', '))
      ground.last = undefined
    }
  }

  async #attempt(
    each: HostileCase,
    trial: Trial,
    ground: Ground,
  ): Promise<{ failures: string[]; soft: string[]; served: Served; missing: boolean }> {
    const before = ground.last ?? (await ground.broker.measure())
    await ground.canary.mark()
    let missing = false
    try {
      await within(each.run(trial), this.#full ? 600_000 : this.#contestant.ours ? 30_000 : 120_000)
    } catch (error) {
      if (error instanceof NotApplicable) {
        missing = true
        trial.notes.push(error.message)
      } else if (error instanceof Unmet || error instanceof BadBytes) trial.failures.push(error.message)
      else if (ground.broker.end === undefined && this.#contestant.ours) throw error
      else trial.failures.push(error instanceof Error ? error.message : String(error))
    }
    if (trial.checks === 0) {
      missing = true
      if (this.#contestant.ours) trial.failures.push('nothing was checked')
    }
    await trial.finish()
    const served = await ground.canary.report()
    if (ground.broker.end !== undefined) return { failures: trial.failures, soft: [], served, missing }
    try {
      const after = await settled(trial, ground.broker, before)
      ground.last = after
      const { hard, soft } = judge(trial, before, after, served)
      return { failures: [...trial.failures, ...hard], soft, served, missing }
    } catch (error) {
      if (ground.broker.end === undefined) throw error
      return { failures: trial.failures, soft: [], served, missing }
    }
  }
}

/** A broker with its canary. */
class Ground {
  readonly broker: RunningBroker
  readonly canary: Canary
  readonly #directory: string
  /** What was measured last. */
  last: Measured | undefined

  readonly #watch: () => Promise<void>

  private constructor(broker: RunningBroker, canary: Canary, directory: string, watch: () => Promise<void>) {
    this.broker = broker
    this.canary = canary
    this.#directory = directory
    this.#watch = watch
  }

  static async prepare(contestant: Contestant, setup: BrokerSetup, yardstick: Yardstick): Promise<Ground> {
    const directory = mkdtempSync(join(tmpdir(), 'godwit-hostile-'))
    let broker: RunningBroker | undefined
    const canary = new Canary()
    try {
      broker = await contestant.start(setup, join(directory, 'broker'))
      const running = broker
      const login = setup.login === undefined ? {} : CANARY_USER
      const watch = (): Promise<void> => {
        const { ports, processId } = running
        return canary.watch({ port: ports.tcp, processId, echoPort: yardstick.echoPort, ...login })
      }
      await watch()
      return new Ground(running, canary, directory, watch)
    } catch (error) {
      canary.stop()
      await broker?.stop()
      rmSync(directory, { recursive: true, force: true })
      throw error
    }
  }

  async restart(): Promise<void> {
    await this.broker.restart()
    await this.#watch()
  }

  async clear(): Promise<void> {
    this.canary.stop()
    await this.broker.stop()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

const stageOf = (setup: BrokerSetup): string =>
  JSON.stringify(setup, (_, value: unknown) => (value === Infinity ? 'unlimited' : value))

const unplayed = (each: HostileCase, error: unknown): Result => {
  if (!(error instanceof NotApplicable)) throw error instanceof BrokerMissing ? error : (error as Error)
  return {
    number: each.number,
    verdict: 'not applicable',
    failures: [],
    checks: 0,
    notes: [error.message],
    measurements: [],
    tookMs: 0,
    tries: [],
    servedMs: 0,
  }
}

/** Connections close a moment after the case has let go of them. */
const settled = async (trial: Trial, broker: RunningBroker, before: Measured): Promise<Measured> => {
  const by = performance.now() + 3000
  for (;;) {
    const measured = await broker.measure(false)
    if (gaugesOff(trial, before, measured).length === 0 || performance.now() > by) return await broker.measure()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const within = async (work: Promise<void>, milliseconds: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Unmet(`the case was not over after ${milliseconds / 1000} s`)), milliseconds)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    work.catch(() => {})
  }
}
