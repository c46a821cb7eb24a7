import type { Plan } from './plan.ts'

/** Where nothing else goes wrong, whatever is different without the hostile client is so because of it. */
export const isCompared = ({ clients, faults }: Plan): boolean =>
  faults.length === 0 && clients.some(({ kind }) => kind === 'hostile')

export const withoutHostile = (plan: Plan): Plan => {
  const hostile = new Set(plan.clients.filter(({ kind }) => kind === 'hostile').map(({ name }) => name))
  return {
    ...plan,
    clients: plan.clients.filter(({ name }) => !hostile.has(name)),
    operations: plan.operations.filter(({ client }) => !hostile.has(client)),
  }
}
