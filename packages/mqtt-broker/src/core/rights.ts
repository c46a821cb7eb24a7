import type { Connection } from './connection.ts'
import type { Core } from './context.ts'

/** Rights remembered for one connection: a few topics in turn are common, thousands are not. */
const REMEMBERED_TOPICS = 64

/** May this Client publish to this topic? Asked once per topic, remembered for the connection. */
export const mayPublish = (core: Core, connection: Connection, topicName: string): boolean => {
  if (connection.grant.canPublish === undefined && core.edges.authorizePublish === undefined) return true
  if (connection.lastTopicName === topicName) return connection.lastTopicAllowed
  const rights = (connection.rights ??= new Map())
  let allowed = rights.get(topicName)
  if (allowed === undefined) {
    allowed = askToPublish(core, connection, topicName)
    if (rights.size >= REMEMBERED_TOPICS) rights.clear()
    rights.set(topicName, allowed)
  }
  connection.lastTopicName = topicName
  connection.lastTopicAllowed = allowed
  return allowed
}

/** Topics under `$SYS` and `$share` are ours; Mosquitto's bridges tell their state in one that is not. */
export const isReservedTopic = (topicName: string): boolean =>
  topicName.charCodeAt(0) === 0x24 &&
  (topicName.startsWith('$share/') || (topicName.startsWith('$SYS/') && !BRIDGE_STATE.test(topicName)))

const BRIDGE_STATE = /^\$SYS\/broker\/connection\/[^/]+\/state$/

/** Anything but a plain `true` is a no: a promise is truthy, and a right must not be granted by accident. */
const askToPublish = (core: Core, connection: Connection, topicName: string): boolean => {
  const { grant } = connection
  try {
    if (grant.canPublish !== undefined && !plainly(core, grant.canPublish(topicName), 'canPublish')) return false
    if (core.edges.authorizePublish === undefined) return true
    return plainly(core, core.edges.authorizePublish(connection.info, topicName), 'authorizePublish')
  } catch (error) {
    core.logger.error({ error }, 'a check of the right to publish threw: refused')
    return false
  }
}

const plainly = (core: Core, answer: unknown, name: string): boolean => {
  if (typeof answer !== 'boolean') {
    core.logger.error({ name }, `${name} must answer true or false at once, not with a promise: refused`)
  }
  return answer === true
}

/** Forgets what was asked: the Grant has been replaced. */
export const forgetRights = (connection: Connection): void => {
  connection.lastTopicName = undefined
  connection.rights = undefined
}
