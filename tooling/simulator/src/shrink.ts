import { judge } from './judge.ts'
import type { Plan } from './plan.ts'
import { simulate } from './simulation.ts'

/** A plan that still breaks the invariant, with as little in it as could be found. */
export const shrink = async (plan: Plan, invariant: string, tries = 400): Promise<Plan> => {
  let left = tries
  const fails = async (smaller: Plan): Promise<boolean> => {
    if (left-- <= 0) return false
    try {
      return judge(await simulate(smaller), invariant).length > 0
    } catch {
      return false
    }
  }
  let current = plan
  for (let before = -1; before !== sizeOf(current) && left > 0;) {
    before = sizeOf(current)
    current = await withoutClients(current, fails)
    current = await withoutParts(current, 'faults', fails)
    current = await withoutParts(current, 'operations', fails)
  }
  return current
}

type Fails = (plan: Plan) => Promise<boolean>

const sizeOf = ({ clients, operations, faults }: Plan): number => clients.length + operations.length + faults.length

const withoutClients = async (plan: Plan, fails: Fails): Promise<Plan> => {
  let current = plan
  for (const { name } of plan.clients) {
    const smaller = {
      ...current,
      clients: current.clients.filter((client) => client.name !== name),
      operations: current.operations.filter(({ client }) => client !== name),
      faults: current.faults.filter((fault) => !('client' in fault) || fault.client !== name),
    }
    if (await fails(smaller)) current = smaller
  }
  return current
}

/** Halves, then quarters, and so on, down to single ones. */
const withoutParts = async (plan: Plan, part: 'faults' | 'operations', fails: Fails): Promise<Plan> => {
  let current = plan
  for (let size = Math.ceil(current[part].length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < current[part].length;) {
      const smaller = { ...current, [part]: current[part].toSpliced(at, size) }
      if (await fails(smaller)) current = smaller
      else at += size
    }
  }
  return current
}
