import { drawPlan } from './draw-plan.ts'
import { judge, type Violation } from './judge.ts'
import type { Plan } from './plan.ts'
import { type Outcome, simulate } from './simulation.ts'

/** What one seed did. */
export interface SeedResult {
  readonly seed: string
  /** Packets that clients sent and received. */
  readonly operations: number
  /** Connections that the network or a client broke, let vanish or stopped reading. */
  readonly connectionFaults: number
  readonly crashes: number
  readonly simulatedMs: number
  readonly traceHash: string
  readonly violations: readonly Violation[]
}

export const runSeed = async (seed: string): Promise<SeedResult> => runPlan(drawPlan(seed))

export const runPlan = async (plan: Plan): Promise<SeedResult> => resultOf(await simulate(plan))

const resultOf = (outcome: Outcome): SeedResult => {
  let operations = 0
  let connectionFaults = 0
  let crashes = 0
  for (const { type } of outcome.history) {
    if (type === 'sent' || type === 'received') operations++
    else if (type === 'cut' || type === 'half-open' || type === 'slow-reader') connectionFaults++
    else if (type === 'ended') crashes++
  }
  return {
    seed: outcome.plan.seed,
    operations,
    connectionFaults,
    crashes,
    simulatedMs: outcome.simulatedMs,
    traceHash: outcome.traceHash,
    violations: judge(outcome),
  }
}
