import type { ConnectPacket } from '@godwit/mqtt-codec'
import type { SessionStory, Story } from './story.ts'

/** A Session is written down, and so outlives the process of the broker. */
export const isStored = (story: Story, session: SessionStory): boolean =>
  story.plan.durable && session.connections.every(({ connect }) => outlives(connect!.packet))

const outlives = ({ protocolVersion, cleanStart, properties }: ConnectPacket): boolean =>
  protocolVersion === 5 ? (properties?.sessionExpiryIntervalSeconds ?? 0) > 0 : !cleanStart
