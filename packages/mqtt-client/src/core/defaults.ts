/** What this client tells the server unless it is told otherwise. */
export const RECEIVE_MAXIMUM = 256
/** Own limit on unacknowledged outgoing QoS 1 and 2. */
export const SEND_MAXIMUM = 1_024
export const MAXIMUM_PACKET_SIZE_BYTES = 1_048_576
