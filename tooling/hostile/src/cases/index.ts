import type { HostileCase } from '../run/hostile-case.ts'
import { CONNECT } from './connect.ts'
import { PROPERTIES_CASES } from './properties.ts'
import { PUBLISH } from './publish.ts'
import { SUBSCRIBE } from './subscribe.ts'
import { QOS } from './qos.ts'
import { SESSION_STATE } from './session-state.ts'
import { FRAMING } from './framing.ts'

export const CASES: readonly HostileCase[] = [
  ...FRAMING,
  ...CONNECT,
  ...PROPERTIES_CASES,
  ...PUBLISH,
  ...SUBSCRIBE,
  ...QOS,
  ...SESSION_STATE,
]
