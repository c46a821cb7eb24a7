import type { ConnectionStory, Placed, Story } from './story.ts'

/** Connections of clients of `@godwit/mqtt-client`. */
export const libraryConnections = ({ connections }: Story): ConnectionStory[] =>
  [...connections.values()].filter(({ plan }) => plan.kind === 'library')

/** What a connection's client sent: the history has it by connection. */
export const sentBy = (story: Story, connection: ConnectionStory): Placed[] =>
  story.history.flatMap((event, place) =>
    event.type === 'sent' && event.connection === connection.id
      ? [{ place, at: event.at, packet: event.packet, sizeBytes: event.sizeBytes }]
      : [],
  )
