import type { ConnectionStory, Story } from './story.ts'

/** Connections of clients of `@godwit/mqtt-client`. */
export const libraryConnections = ({ connections }: Story): ConnectionStory[] =>
  [...connections.values()].filter(({ plan }) => plan.kind === 'library')
