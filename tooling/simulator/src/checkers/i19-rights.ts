import type { Policy } from '../history.ts'
import { denies } from '../rights.ts'
import type { Checker } from './checker.ts'
import type { MessageStory, Story } from './story.ts'

/** I19 */
export const rights: Checker = {
  name: 'I19',
  says: 'what is delivered might be written by its publisher when it was accepted, and read by its receiver when it was sent',
  *check(story) {
    if (story.policies.length === 0) return
    for (const { message, session, place, topicName } of story.deliveries) {
      if (message === undefined || session === undefined) continue
      const publisher = story.plan.clients.find(({ name }) => name === message.client)!
      const { principal } = session.plan
      const [read] = message.reads
      if (!message.isWill && read !== undefined) {
        const until = Math.min(message.acknowledged, place)
        const denied = policiesBetween(story, read.place, until).every((policy) =>
          denies(policy.deniedWrites, publisher.principal, topicName),
        )
        if (denied && message.reads.length === 1) {
          yield { place, text: `${message.name} was published by ${message.client} without the right to` }
        }
      }
      if (message.isWill) {
        const denied = policiesBetween(story, endOf(story, message), place).every((policy) =>
          denies(policy.deniedWrites, publisher.principal, topicName),
        )
        if (denied)
          yield { place, text: `the Will ${message.name} of ${message.client} was published without the right to` }
      }
      // It may have been on its way to the socket, behind a commit, when the right was taken away.
      const since = message.isWill ? message.firstSent : (read?.place ?? place)
      if (policiesBetween(story, since, place).every((policy) => denies(policy.deniedReads, principal, topicName))) {
        yield { place, text: `${message.name} came to ${session.client}, which may not read ${topicName}` }
      }
    }
  },
}

/**
 * Where the connection ended whose CONNECT brought this Will: it is published later, if ever. After a restart nobody can be asked, and the
 * right is that of the CONNECT.
 */
const endOf = ({ connections, lives }: Story, { firstSent }: MessageStory): number => {
  for (const { connect, endedByBroker, goneForBroker, life } of connections.values()) {
    if (connect?.place !== firstSent) continue
    return lives.at(-1)?.life === life ? Math.min(endedByBroker, goneForBroker) : firstSent
  }
  return firstSent
}

/** Every policy that was in force at some moment between two places. */
const policiesBetween = ({ policies }: Story, from: number, to: number): Policy[] => {
  const some: Policy[] = []
  let current: Policy = { deniedReads: [], deniedWrites: [] }
  for (const { place, policy } of policies) {
    if (place > to) break
    if (place > from) some.push(current)
    current = policy
  }
  return [...some, current]
}
