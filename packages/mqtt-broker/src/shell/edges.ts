import type { AuthenticationStep } from '../ports/authentication-mechanism.ts'
import type { AuthenticateResult } from '../ports/authenticator.ts'
import type { ClientInfo } from '../ports/client-info.ts'
import type { Edges } from '../ports/edges.ts'
import type { Logger } from '../ports/logger.ts'
import type { Runtime } from '../ports/runtime.ts'
import { mechanismEdges } from './mechanism-edges.ts'
import type { BrokerOptions } from '../api/options.ts'

/** How answers that took their time come back. */
export interface Answers {
  stepped(ticket: number, step: AuthenticationStep): void
  authenticated(ticket: number, result: AuthenticateResult): void
  subscriptionsAuthorized(ticket: number, verdicts: readonly boolean[]): void
}

const UNAVAILABLE: AuthenticateResult = { reasonCode: 0x88, reasonString: 'the authenticator failed' }

/** The embedding program's hooks as the core's edges: a throw and a rejection are answers, and a no. */
export const createEdges = (
  options: BrokerOptions,
  logger: Logger,
  runtime: Pick<Runtime, 'randomBytes'>,
  answers: Answers,
): Edges => {
  const { authenticate, authorizePublish, authorizeSubscribe } = options
  const failed = (error: unknown): AuthenticateResult => {
    logger.error({ error }, 'the authenticator failed: refused')
    return UNAVAILABLE
  }
  const denied = (error: unknown): false => {
    logger.error({ error }, 'a check of the right to subscribe failed: refused')
    return false
  }
  const maySubscribe = (client: ClientInfo, topicFilter: string): boolean | Promise<boolean> => {
    try {
      const answer = authorizeSubscribe!(client, topicFilter)
      return typeof answer === 'boolean' ? answer : Promise.resolve(answer).then((value) => value === true, denied)
    } catch (error) {
      return denied(error)
    }
  }
  return {
    randomBytes: (count) => runtime.randomBytes(count),
    ...mechanismEdges(options.mechanisms ?? [], logger, answers.stepped),
    ...(authorizePublish !== undefined && { authorizePublish }),
    ...(authenticate !== undefined && {
      authenticate: (ticket, request) => {
        try {
          const answer = authenticate(request)
          if (!isPromise(answer)) return answer
          answer.then(
            (result) => answers.authenticated(ticket, result),
            (error: unknown) => answers.authenticated(ticket, failed(error)),
          )
          return undefined
        } catch (error) {
          return failed(error)
        }
      },
    }),
    ...(authorizeSubscribe !== undefined && {
      authorizeSubscribe: (ticket, client, topicFilters) => {
        const verdicts = topicFilters.map((topicFilter) => maySubscribe(client, topicFilter))
        if (verdicts.every((verdict) => typeof verdict === 'boolean')) return verdicts
        void Promise.all(verdicts.map(async (verdict) => verdict)).then((settled) =>
          answers.subscriptionsAuthorized(ticket, settled),
        )
        return undefined
      },
    }),
  }
}

const isPromise = <Value>(value: Value | Promise<Value>): value is Promise<Value> =>
  typeof value === 'object' && value !== null && 'then' in value
