import { ReasonCode } from '@godwit/mqtt-codec'
import type { Refusal } from '../ports/grant.ts'
import type { Interceptor } from '../ports/interceptor.ts'
import type { Core } from './context.ts'

/** A throw refuses: a check that failed must not let anything pass. */
export const ask = <Answer>(core: Core, interceptor: Interceptor, question: () => Answer): Answer | Refusal => {
  try {
    return question()
  } catch (error) {
    core.logger.error({ error, interceptor: interceptor.name }, 'an interceptor threw: refused')
    return { reasonCode: ReasonCode.ImplementationSpecificError }
  }
}
