import { hasControlCharacter } from './utf8.ts'

/** What a decoder takes at most, beyond the rules of MQTT. */
export interface DecodeLimits {
  /** User Properties in one packet, those of its Will included. Default: Infinity. */
  readonly maximumUserProperties?: number
  /** Bytes of their names and values together, with the two length bytes of each. Default: Infinity. */
  readonly maximumUserPropertyBytes?: number
  /**
   * Whether names that others read (Client Identifier, User Name, Topic Names, Topic Filters) may have control characters
   * (U+0001-1F, U+007F-9F) and U+FFFE or U+FFFF. Default: true; a server says false [MQTT 5.0 §1.5.4].
   */
  readonly allowControlCharacters?: boolean
}

/** Limits as a decoder asks for them. */
export interface LimitJudge {
  /** Which limit so many User Properties of so many bytes exceed. */
  exceeded(userProperties: number, bytes: number): keyof DecodeLimits | undefined
  /** Whether the text of a name, well-formed UTF-8, is refused. */
  refusesName(bytes: Uint8Array, start: number, end: number): boolean
}

/** Makes limits ready for a decoder. */
export const decodeLimits = ({
  maximumUserProperties = Infinity,
  maximumUserPropertyBytes = Infinity,
  allowControlCharacters = true,
}: DecodeLimits): LimitJudge => ({
  exceeded: (userProperties, bytes) =>
    userProperties > maximumUserProperties
      ? 'maximumUserProperties'
      : bytes > maximumUserPropertyBytes
        ? 'maximumUserPropertyBytes'
        : undefined,
  refusesName: (bytes, start, end) => !allowControlCharacters && hasControlCharacter(bytes, start, end),
})
