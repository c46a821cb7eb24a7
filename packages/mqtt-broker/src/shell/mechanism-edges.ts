import type { AuthenticationMechanism, AuthenticationStep } from '../ports/authentication-mechanism.ts'
import type { Edges } from '../ports/edges.ts'
import type { Logger } from '../ports/logger.ts'
import { BrokerError } from './broker-error.ts'

const UNAVAILABLE: AuthenticationStep = {
  type: 'refused',
  reasonCode: 0x88,
  reasonString: 'the authentication mechanism failed',
}

/** Mechanisms as the core's edges: a throw and a rejection are answers, and a no. */
export const mechanismEdges = (
  mechanisms: readonly AuthenticationMechanism[],
  logger: Logger,
  stepped: (ticket: number, step: AuthenticationStep) => void,
): Pick<Edges, 'beginAuthentication' | 'stepAuthentication'> => {
  const byName = new Map(mechanisms.map((mechanism) => [mechanism.name, mechanism]))
  if (byName.size < mechanisms.length) {
    throw new BrokerError('INVALID_MECHANISM', 'Two authentication mechanisms have the same name.')
  }
  const failed = (error: unknown): AuthenticationStep => {
    logger.error({ error }, 'an authentication mechanism failed: refused')
    return UNAVAILABLE
  }
  return {
    beginAuthentication: (method, request) => {
      try {
        return byName.get(method)?.begin(request)
      } catch (error) {
        const step = failed(error)
        return { step: () => step }
      }
    },
    stepAuthentication: (ticket, exchange, data) => {
      try {
        const answer = exchange.step(data)
        if (!('then' in answer)) return answer
        answer.then(
          (step) => stepped(ticket, step),
          (error: unknown) => stepped(ticket, failed(error)),
        )
        return undefined
      } catch (error) {
        return failed(error)
      }
    },
  }
}
