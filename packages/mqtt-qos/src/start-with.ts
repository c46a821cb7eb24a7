import { requirePacketId } from './qos-error.ts'
import type { Sender } from './sender.ts'

/**
 * `sender.start` with a chosen identifier; false where it is in use or the quota is used up. Throws `QosError` outside of 1 to 65,535.
 *
 * @param sent as of `sender.start`
 */
export function startWith<Message>(
  sender: Sender<Message>,
  qos: 1 | 2,
  packetId: number,
  message: Message | undefined,
  sent = true,
): boolean {
  requirePacketId(packetId)
  return sender.start(qos, message, sent, packetId) !== 0
}
