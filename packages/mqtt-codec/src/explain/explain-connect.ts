import type { ProtocolVersion } from '../packet-type.ts'
import type { BitField, FieldReader } from './field-reader.ts'
import { explainProperties } from './explain-properties.ts'

export const yesNo = (value: number): string => (value === 1 ? 'yes' : 'no')

const FLAGS: readonly BitField[] = [
  [7, 7, 'User Name Flag', yesNo],
  [6, 6, 'Password Flag', yesNo],
  [5, 5, 'Will Retain', yesNo],
  [4, 3, 'Will QoS', String],
  [2, 2, 'Will Flag', yesNo],
  [1, 1, 'Clean Start', yesNo],
  [0, 0, 'reserved', (value) => (value === 0 ? '0' : '1, must be 0')],
]

const VERSIONS: { readonly [level: number]: string } = { 3: 'MQTT 3.1', 4: 'MQTT 3.1.1', 5: 'MQTT 5.0' }

export const explainConnect = (reader: FieldReader): ProtocolVersion | undefined => {
  reader.string('Protocol Name', '3.1.2.1')
  const level = reader.byte('Protocol Version', '3.1.2.2', (value) => VERSIONS[value] ?? `${value}, no version`)
  const flags = reader.bits('Connect Flags', '3.1.2.3', '', FLAGS)
  reader.number('Keep Alive', '3.1.2.10', 2, (value) => (value === 0 ? 'none' : `${value} s`))
  if (level === 5) explainProperties(reader)
  reader.string('Client Identifier', '3.1.3.1')
  if ((flags & 0x04) !== 0) {
    if (level === 5) explainProperties(reader, 'Will Properties')
    reader.string('Will Topic', '3.1.3.3')
    reader.binary('Will Payload', '3.1.3.4')
  }
  if ((flags & 0x80) !== 0) reader.string('User Name', '3.1.3.5')
  if ((flags & 0x40) !== 0) reader.binary('Password', '3.1.3.6')
  return level === 3 || level === 4 || level === 5 ? level : undefined
}
