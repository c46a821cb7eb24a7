import type { HostileCase } from '../run/hostile-case.ts'
import { CONNECT } from './connect.ts'
import { FRAMING } from './framing.ts'
import { IDENTITY } from './identity.ts'
import { LOGIN } from './login.ts'
import { PROCESS } from './process.ts'
import { PROPERTIES_CASES } from './properties.ts'
import { PUBLISH } from './publish.ts'
import { QOS } from './qos.ts'
import { RESOURCES } from './resources.ts'
import { RETAINED } from './retained.ts'
import { RIGHTS } from './rights.ts'
import { SESSION_STATE } from './session-state.ts'
import { SLOW_READERS } from './slow-readers.ts'
import { SUBSCRIBE } from './subscribe.ts'
import { TLS } from './tls.ts'
import { WEB_SOCKET } from './web-socket.ts'
import { WILLS } from './wills.ts'

export const CASES: readonly HostileCase[] = [
  ...FRAMING,
  ...CONNECT,
  ...PROPERTIES_CASES,
  ...PUBLISH,
  ...SUBSCRIBE,
  ...RETAINED,
  ...QOS,
  ...SESSION_STATE,
  ...IDENTITY,
  ...WILLS,
  ...RIGHTS,
  ...RESOURCES,
  ...SLOW_READERS,
  ...WEB_SOCKET,
  ...TLS,
  ...LOGIN,
  ...PROCESS,
]
