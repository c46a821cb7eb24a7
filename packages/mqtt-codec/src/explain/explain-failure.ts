import { PacketType, type DecodeFailure } from '../index.ts'

/** What each statement says that a decoder can see broken, of either version, and what its shortest words mean. */
const SENTENCES: { readonly [statement: string]: string } = {
  'run past': 'the properties run past the packet',
  'User Properties': 'there are more User Properties than the limits allow',
  'MQTT-1.5.3-1': 'text is not UTF-8',
  'MQTT-1.5.3-2': 'text holds U+0000',
  'MQTT-1.5.4-1': 'text is not UTF-8',
  'MQTT-1.5.4-2': 'text holds U+0000',
  'MQTT-1.5.5-1': 'a Variable Byte Integer is not in the fewest bytes',
  'MQTT-2.1.3-1': 'the flags of the first byte are not those of this packet',
  'MQTT-2.2.1-3': 'the Packet Identifier is 0',
  'MQTT-2.2.2-2': 'the flags of the first byte are not those of this packet',
  'MQTT-2.3.1-1': 'the Packet Identifier is 0',
  'MQTT-3.1.0-1': 'the first packet is not a CONNECT',
  'MQTT-3.1.2-1': 'the Protocol Name is neither MQTT nor MQIsdp',
  'MQTT-3.1.2-2': 'the Protocol Level is not one that belongs to the Protocol Name',
  'MQTT-3.1.2-3': 'the reserved Connect Flag is set',
  'MQTT-3.1.2-11': 'Will QoS or Will Retain are set without the Will Flag',
  'MQTT-3.1.2-12': 'the Will QoS is 3',
  'MQTT-3.1.2-14': 'the Will QoS is 3',
  'MQTT-3.1.2-22': 'there is a Password without a User Name',
  'MQTT-3.10.3-2': 'there is no Topic Filter',
  'MQTT-3.11.3-2': 'there is no Reason Code, or one that may not stand here',
  'MQTT-3.14.2-1': 'the Reason Code may not stand here',
  'MQTT-3.15.2-1': 'the Reason Code may not stand here',
  'MQTT-3.2.2-1': 'reserved Connect Acknowledge Flags are set',
  'MQTT-3.2.2-4': 'Session Present is set in a refusal',
  'MQTT-3.2.2-6': 'Session Present is set in a refusal',
  'MQTT-3.2.2-8': 'the Reason Code may not stand here',
  'MQTT-3.3.1-2': 'DUP is set with QoS 0',
  'MQTT-3.3.1-4': 'the QoS is 3',
  'MQTT-3.3.2-2': 'there is a wildcard in the Topic Name',
  'MQTT-3.3.2-8': 'the Topic Alias is 0',
  'MQTT-3.3.2-14': 'there is a wildcard in the Response Topic',
  'MQTT-3.4.2-1': 'the Reason Code may not stand here',
  'MQTT-3.5.2-1': 'the Reason Code may not stand here',
  'MQTT-3.6.2-1': 'the Reason Code may not stand here',
  'MQTT-3.7.2-1': 'the Reason Code may not stand here',
  'MQTT-3.8.3-2': 'there is no Topic Filter',
  'MQTT-3.8.3-3': 'there is no Topic Filter',
  'MQTT-3.8.3-4': 'reserved bits of the Requested QoS are set',
  'MQTT-3.8.3-5': 'reserved bits of the Subscription Options are set',
  'MQTT-3.8.4-5': 'there is no Return Code',
  'MQTT-3.8.4-6': 'there is no Reason Code',
  'MQTT-3.9.3-2': 'the Reason Code may not stand here',
  'MQTT-4.7.0-1': 'there is a wildcard in the Will Topic',
  'MQTT-4.7.1-1': 'a wildcard is not alone on its level, or # is not the last',
  'MQTT-4.7.1-2': 'a wildcard is not alone on its level, or # is not the last',
  'MQTT-4.7.3-1': 'a topic is empty',
}

const NAMES = Object.keys(PacketType).map((name) => name.toUpperCase())

/** What was wrong with a peer's bytes, where, and by which statement, as one line for a log. */
export const explainFailure = (failure: DecodeFailure): string => {
  const { kind, message, statement, offset, packetType = 0, protocolVersion } = failure
  // Before 5.0 that number has the rule which 5.0 has as 4.7.0-1.
  const said = message === 'MQTT-4.7.1-1' && protocolVersion !== 5 ? 'MQTT-4.7.0-1' : message
  const what = kind === 'packet-too-large' ? `too large, ${message}` : (SENTENCES[said] ?? message)
  const where = `byte ${offset} of ${NAMES[packetType - 1] ?? 'no packet'}`
  return `${what} (${where}${statement === undefined ? '' : `, ${statement}`})`
}
