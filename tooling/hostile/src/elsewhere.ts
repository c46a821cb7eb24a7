/** A case, or a part of one, that sockets of a process cannot show: why, and the tests that prove it. */
export interface Elsewhere {
  readonly number: number
  /** Whether the suite plays the rest of it. */
  readonly part: boolean
  readonly why: string
  /** Where, and what the title of a test there has in it. */
  readonly tests: readonly { readonly file: string; readonly title: string }[]
}

const CORE = 'packages/mqtt-broker/src/core'
const TRANSPORT = 'packages/mqtt-transport/src'

export const ELSEWHERE: readonly Elsewhere[] = [
  {
    number: 42,
    part: true,
    why: 'what comes behind a CONNECT with an Authentication Method is judged by the core, packet by packet',
    tests: [{ file: `${CORE}/enhanced-authentication.test.ts`, title: 'hostile #42: PUBLISH' }],
  },
  {
    number: 87,
    part: true,
    why: 'a takeover in the middle of one store write needs a store that stops at each record',
    tests: [{ file: `${CORE}/durable-gate.test.ts`, title: 'hostile #146: PUBLISH, takeover' }],
  },
  {
    number: 124,
    part: true,
    why: 'there is no callback for a server name that could throw: certificates are given at listen',
    tests: [{ file: `${TRANSPORT}/tls-edges.test.ts`, title: 'hostile #124: the odd server name' }],
  },
  {
    number: 125,
    part: true,
    why: 'an empty file of authorities is an error before there is a process to speak to',
    tests: [
      { file: `${TRANSPORT}/tls-edges.test.ts`, title: 'hostile #125: $title is an error at listen, every time' },
    ],
  },
  {
    number: 129,
    part: true,
    why: 'a reload while no file can be opened is made to fail at the very read',
    tests: [
      {
        file: 'apps/broker/src/login.test.ts',
        title: 'hostile #129: what cannot be read or understood changes nothing',
      },
    ],
  },
  {
    number: 139,
    part: true,
    why: 'buffers of 10,000 sockets belong to the kernel: that one payload is shared by connections is seen in the output',
    tests: [
      {
        file: 'packages/mqtt-broker/src/engine/connection-output.test.ts',
        title: 'hostile #139: a large payload arrives whole',
      },
    ],
  },
  {
    number: 146,
    part: true,
    why: 'a hang of 10 s and the SIGKILL behind it are played in virtual time',
    tests: [
      { file: `${CORE}/durable-gate.test.ts`, title: 'while a commit hangs for %i ms, then SIGKILL' },
      { file: `${CORE}/durable-gate.test.ts`, title: 'hostile #146: the same where the commits are through at last' },
    ],
  },
  {
    number: 150,
    part: true,
    why: 'SCRAM-SHA-256 is over in two rounds, so the cap of eight needs a mechanism that never ends',
    tests: [
      {
        file: `${CORE}/enhanced-authentication.test.ts`,
        title: 'limit maximumAuthenticationRounds, hostile #150: eight AUTH packets of ours, not nine',
      },
    ],
  },
  {
    number: 157,
    part: false,
    why: 'it is about the tests themselves: pnpm spec fails where a statement has none, and these are the examples that it names',
    tests: [
      { file: `${CORE}/statements/connect.test.ts`, title: '[MQTT-3.1.0-1' },
      { file: `${CORE}/enhanced-authentication.test.ts`, title: '[MQTT-3.1.2-30' },
      { file: `${CORE}/statements/delivery.test.ts`, title: '[MQTT-3.3.4-7' },
      { file: `${CORE}/statements/subscribe.test.ts`, title: '[MQTT-3.8.3-4' },
      { file: `${CORE}/statements/shared.test.ts`, title: '[MQTT-4.8.2-1' },
    ],
  },
]
