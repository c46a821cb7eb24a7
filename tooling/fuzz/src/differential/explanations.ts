import type { Packet } from '@godwit/mqtt-codec'
import { matches } from '@godwit/mqtt-topics'
import { brokenRule, History, meant, typeOf } from './history.ts'
import type { Difference } from './play.ts'

/** The version that the list below was made with. Another one may differ elsewhere. */
export const EXPLAINED_VERSION = 'mosquitto version 2.0.11'

/** A difference between Debian's Mosquitto and us that is understood. */
export interface Explanation {
  readonly name: string
  readonly ours: string
  readonly theirs: string
  /** What the specification says about it. */
  readonly why: string
  /** Whether both have the same state behind it, so that the conversation can go on. */
  readonly goesOn: boolean
  /** A conversation that shows it. */
  readonly example: number
  explains(difference: Difference): boolean
}

/** The first that fits. Each asks for exactly what it explains: whatever else differs in the same step is not explained by it. */
export const explain = (difference: Difference): Explanation | undefined =>
  EXPLANATIONS.find((each) => each.explains(difference))

/** Rules that our decoder knows and Mosquitto does not ask about. */
const UNCHECKED: readonly string[] = [
  'MQTT-1.5.5-1',
  'MQTT-2.1.3-1',
  'MQTT-2.2.2-2',
  'MQTT-3.3.1-2',
  'MQTT-3.4.2-1',
  'MQTT-3.6.2-1',
  'MQTT-3.7.2-1',
  'bytes behind',
]

/** CONNACK, SUBACK, UNSUBACK, PINGRESP. */
const ONLY_OF_SERVERS: readonly (number | undefined)[] = [2, 9, 11, 13]

export const EXPLANATIONS: readonly Explanation[] = [
  {
    name: 'A takeover is told',
    ours: 'The 5.0 Client whose connection is taken over gets DISCONNECT 0x8E',
    theirs: 'Its connection is closed without a word',
    why: '[MQTT-3.1.4-3 v5.0] asks for the DISCONNECT',
    goesOn: true,
    example: 2,
    explains: ({ step, ours, theirs }) =>
      step.act === 'connect' && ours.includes('disconnect 8e') && same(without(ours, 'disconnect 8e'), theirs),
  },
  {
    name: 'Nobody has subscribed',
    ours: 'PUBACK and PUBREC of 5.0 have 0x10 whenever no Subscription matches',
    theirs: '0x10 is rare',
    why: 'Both may be sent (§3.4.2.1, §3.5.2.1)',
    goesOn: true,
    example: 2,
    explains: ({ step, ours, theirs }) => step.version === 5 && same(ours.map(asSuccess), theirs.map(asSuccess)),
  },
  {
    name: 'Why the connection is closed',
    ours: 'DISCONNECT with the Reason Code, then close',
    theirs: 'Another Reason Code, or none',
    why: 'After a malformed or illegal packet a DISCONNECT is not obligatory (§4.13.1)',
    goesOn: true,
    example: 32,
    explains: ({ step, ours, theirs }) =>
      step.packet === undefined &&
      ours.includes('closed') &&
      same(without(ours, 'disconnect'), without(theirs, 'disconnect')),
  },
  {
    name: 'Rules that are not checked',
    ours: 'The connection is closed',
    theirs: 'The packet is taken, or ignored',
    why: `${UNCHECKED.filter((rule) => rule.startsWith('MQTT')).join(', ')}, and bytes behind the last field: malformed`,
    goesOn: false,
    example: 47,
    explains: ({ step, acted, ours }) =>
      step.packet === undefined &&
      UNCHECKED.includes(brokenRule(step) ?? '') &&
      isCloseOfOne(acted.ours, acted.theirs, ours),
  },
  {
    name: 'Packets that only Servers send',
    ours: 'The connection is closed',
    theirs: 'A SUBACK is ignored, as from a bridge',
    why: 'A Client may not send it (§2.1.2); a Protocol Error closes the connection ([MQTT-4.13.1-1])',
    goesOn: false,
    example: 1037,
    explains: ({ step, acted, ours }) =>
      step.packet === undefined &&
      ONLY_OF_SERVERS.includes(typeOf(step)) &&
      isCloseOfOne(acted.ours, acted.theirs, ours),
  },
  {
    name: 'Control characters in a User Property',
    ours: 'The packet is taken: it is Topic Names and Client Identifiers that may have none',
    theirs: 'The connection is closed',
    why: 'They should not be sent, and a receiver may or may not treat them as malformed (§1.5.4)',
    goesOn: false,
    example: 1519,
    explains: ({ step, acted, theirs }) =>
      step.packet === undefined && hasControlCharacters(meant(step)) && isCloseOfOne(acted.theirs, acted.ours, theirs),
  },
  {
    name: 'The Will of a connection whose Session is taken over',
    ours: 'It is published when the new connection closes the old one',
    theirs: 'Where the Session goes on it is forgotten',
    why: '[MQTT-3.1.2-8]: published when the Network Connection is closed without a DISCONNECT; without a delay, at once (§3.1.4)',
    goesOn: false,
    example: 57,
    explains: ({ steps, ours, theirs }) =>
      wills(ours) > wills(theirs) && sameButWills(ours, theirs) && new History(steps).willOfSessionThatGoesOn,
  },
  {
    name: 'The Will of a connection whose Session ends with it',
    ours: 'It is published to all that are connected behind the takeover',
    theirs: 'The old connection itself still gets it',
    why: '[MQTT-3.1.4-3 v5.0], [MQTT-3.1.4-2 v3.1.1]: by then the old connection is closed, and its Session has ended',
    goesOn: false,
    example: 44,
    explains: ({ step, place, steps, ours, theirs }) => {
      if (step.act !== 'connect' || wills(ours) >= wills(theirs) || !sameButWills(ours, theirs)) return false
      const { displaced } = new History(steps)
      return displaced?.will === true && displaced.place === place && !displaced.persistent
    },
  },
  {
    name: 'The Session behind a second CONNECT',
    ours: 'It goes on: the connection is closed, as by any other Protocol Error',
    theirs: 'It ends',
    why: '[MQTT-3.1.0-2] asks for the close alone, and [MQTT-3.1.2-23 v5.0], [MQTT-3.1.2-5 v3.1.1] to keep the Session behind it',
    goesOn: false,
    example: 1129,
    explains: ({ step, place, steps, ours, theirs }) =>
      step.act === 'connect' &&
      step.place === place &&
      ours.includes('connack 00 session present') &&
      same(withoutMessages(ours).map(asNewSession), withoutMessages(theirs)) &&
      new History(steps).sentSecondConnect(place),
  },
  {
    name: 'The Will behind a second CONNECT',
    ours: 'It is published',
    theirs: 'It is forgotten',
    why: '[MQTT-3.1.2-8]: a close after an error of the protocol is one without a DISCONNECT',
    goesOn: false,
    example: 3476,
    explains: ({ steps, ours, theirs }) =>
      wills(ours) > wills(theirs) && sameButWills(ours, theirs) && new History(steps).willBeforeSecondConnect,
  },
  {
    name: 'Options of a Subscription that is replaced',
    ours: 'No Local and Retain As Published are those of the new SUBSCRIBE',
    theirs: 'They stay as they were in the first',
    why: '[MQTT-3.8.4-3]: the existing Subscription is replaced',
    goesOn: false,
    example: 30,
    explains: ({ step, place, steps, ours, theirs }) => {
      const replaced = new History(steps).replacedOptions(place)
      if (replaced.retainAsPublished && same(withoutRetain(ours), withoutRetain(theirs))) return true
      // No Local is about one's own messages alone.
      return replaced.noLocal && step.place === place && sameButMessages(ours, theirs)
    },
  },
  {
    name: 'The first filters of a malformed SUBSCRIBE',
    ours: 'The packet as a whole is refused',
    theirs: 'What stands before the fault is subscribed',
    why: 'A packet that cannot be parsed is malformed, and closes the connection ([MQTT-4.13.1-1])',
    goesOn: false,
    example: 3964,
    explains: ({ place, steps, ours, theirs }) => {
      const filters = new History(steps).halfSubscribed(place)
      const more = theirs.filter((each) => !ours.includes(each))
      return (
        filters.length > 0 &&
        same(
          ours,
          theirs.filter((each) => !more.includes(each)),
        ) &&
        more.every((each) => filters.some((filter) => matches(filter, /^publish (\S+)/.exec(each)?.[1] ?? '')))
      )
    },
  },
]

const same = (one: readonly string[], other: readonly string[]): boolean => one.join('\n') === other.join('\n')

const without = (said: readonly string[], beginning: string): readonly string[] =>
  said.filter((each) => !each.startsWith(beginning))

const withoutMessages = (said: readonly string[]): readonly string[] => without(said, 'publish')

const sameButMessages = (ours: readonly string[], theirs: readonly string[]): boolean =>
  same(withoutMessages(ours).map(asSuccess), withoutMessages(theirs).map(asSuccess))

const isWill = (said: string): boolean => /^publish .* 1 bytes/.test(said)

/** A Will has one byte, and no other message has. */
const wills = (said: readonly string[]): number => said.filter(isWill).length

/** A takeover and a close may be told or not, beside that. */
const sameButWills = (ours: readonly string[], theirs: readonly string[]): boolean =>
  same(
    without(ours, 'disconnect').filter((each) => !isWill(each)),
    without(theirs, 'disconnect').filter((each) => !isWill(each)),
  )

/** Who acted was closed by one broker and not by the other; the one that closed then says nothing to anybody but its Will. */
const isCloseOfOne = (closed: readonly string[], open: readonly string[], said: readonly string[]): boolean =>
  closed.includes('closed') &&
  !open.includes('closed') &&
  said.every((each) => each === 'closed' || each.startsWith('disconnect') || isWill(each))

const withoutRetain = (said: readonly string[]): readonly string[] =>
  said.map((each) => asSuccess(each).replace(/^(publish .*) retain/, '$1')).toSorted()

const asSuccess = (said: string): string => said.replace(/^(puback|pubrec) (\d+) 10$/, '$1 $2 00')

const asNewSession = (said: string): string => said.replace(/^(connack 00) session present$/, '$1')

const hasControlCharacters = (packet: Packet | undefined): boolean =>
  packet?.type === 'publish' && packet.properties?.userProperties?.flat().some((text) => /\p{Cc}/u.test(text)) === true
