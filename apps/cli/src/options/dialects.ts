/**
 * Where one letter means different things to different tools, Mosquitto's meaning holds. Someone who types the other one is told so.
 * The README prints this table.
 */
export const COLLISIONS: readonly { flag: string; here: string; elsewhere: string; instead: string }[] = [
  {
    flag: '-C',
    here: 'end after so many messages',
    elsewhere: 'MQTT.js: protocol',
    instead: '--protocol mqtts, or -L mqtts://host',
  },
  {
    flag: '-l',
    here: 'one message for each line of standard input',
    elsewhere: 'MQTT.js, MQTTX: protocol',
    instead: '--protocol mqtts, or -L mqtts://host',
  },
  { flag: '-M', here: 'messages in flight', elsewhere: 'MQTT.js, MQTTX: lines from standard input', instead: '-l' },
  {
    flag: '-c',
    here: 'keep the Session (no clean start)',
    elsewhere: 'MQTT.js, HiveMQ: clean start',
    instead: 'nothing: a clean start is the default',
  },
  { flag: '-V', here: 'MQTT version', elsewhere: 'many tools: print the version', instead: '--version' },
  {
    flag: '-s',
    here: 'pub: payload from standard input',
    elsewhere: 'HiveMQ: TLS',
    instead: '-p 8883, --cafile FILE or -L mqtts://host',
  },
  {
    flag: '-e',
    here: '(none)',
    elsewhere: 'HiveMQ, MQTTX: message expiry; mosquitto_rr: response topic',
    instead: '-D publish message-expiry-interval SECONDS, -D publish response-topic TOPIC',
  },
  { flag: '-T', here: 'leave out messages of these topics', elsewhere: 'HiveMQ: show topics', instead: '-v' },
  {
    flag: '-d',
    here: 'tell about the connection',
    elsewhere: 'MQTTX: DUP flag',
    instead: 'nothing: DUP is set where the specification says so',
  },
  {
    flag: '-f',
    here: 'pub: payload from a file',
    elsewhere: 'MQTTX: payload format',
    instead: "-F '%x' for hexadecimal, --json",
  },
]

const PROTOCOLS = new Set(['mqtt', 'mqtts', 'ws', 'wss', 'tcp', 'ssl', 'tls', 'wx', 'wxs', 'ali', 'alis'])
const PAYLOAD_FORMATS = new Set(['base64', 'json', 'hex', 'binary', 'cbor', 'msgpack'])

export function looksLikeProtocol(text: string | undefined): boolean {
  return text !== undefined && PROTOCOLS.has(text.toLowerCase())
}

/** A hint for a value that makes sense in another tool's dialect. */
export function dialectHint(flag: string, value: string | undefined): string | undefined {
  const foreign =
    (flag === '-C' && looksLikeProtocol(value)) ||
    (flag === '-l' && looksLikeProtocol(value)) ||
    (flag === '-M' && (value === undefined || !/^\d+$/.test(value))) ||
    (flag === '-c' && (value === 'true' || value === 'false')) ||
    (flag === '-T' && (value === undefined || value.startsWith('-'))) ||
    (flag === '-f' && value !== undefined && PAYLOAD_FORMATS.has(value))
  return foreign ? collisionHint(flag) : undefined
}

/** For an option that this command does not have at all. */
export function unknownOptionHint(flag: string): string | undefined {
  return OTHERS[flag] ?? collisionHint(flag)
}

function collisionHint(flag: string): string | undefined {
  const collision = COLLISIONS.find((entry) => entry.flag === flag)
  return collision === undefined
    ? undefined
    : `${flag} is Mosquitto's here: ${collision.here} (${collision.elsewhere}); for that: ${collision.instead}`
}

const OTHERS: Readonly<Record<string, string>> = {
  '-H': 'for help: --help',
  '-J': 'for JSON lines: --json',
  '-S': 'for TLS: -p 8883, --cafile FILE or -L mqtts://host',
  '-ws': 'for WebSocket: -L ws://host:port/mqtt',
  '--json-output': 'for JSON lines: --json',
  '--show-topics': 'for topics: -v',
  '--secure': 'for TLS: -p 8883, --cafile FILE or -L mqtts://host',
  '--ws': 'for WebSocket: -L ws://host:port/mqtt',
  '--clean': 'a clean start is the default; the opposite is -c',
  '--multiline': 'for one message for each line: -l',
  '--pretty': 'for readable JSON: --json | jq',
}
