/**
 * Exit codes. They follow Mosquitto's (up to 27 those of libmosquitto), so that scripts keep working, and add what those lack: a refused SUBSCRIBE or PUBLISH ends with
 * its Reason Code too, a usage error is 2, and `--help` and `--version` succeed.
 */
export const ExitCode = {
  success: 0,
  /** A mistake of ours: nothing else leads here. */
  internal: 1,
  /** The command line is wrong, or a file that it names cannot be read. Nothing was sent. */
  usage: 2,
  /** The connection was lost, or the server closed it without a reason. */
  connectionLost: 7,
  tls: 8,
  /** The server cannot do what was asked (QoS, retain, wildcards), and said so at CONNECT. */
  notSupported: 10,
  /** Nobody listens there, the network cannot reach it, or the WebSocket was refused. */
  unreachable: 14,
  /** The server stopped answering within the Keep Alive. */
  keepAlive: 19,
  unknownHost: 20,
  /** The server sent something that is not MQTT. */
  protocol: 21,
  /** The message is larger than the server takes. */
  tooLarge: 25,
  /** `-W` ran out, or the server did not answer CONNECT in time. */
  timeout: 27,
  /** `mqtt decode`: the input is not hexadecimal. */
  notHexadecimal: 65,
  /** `mqtt decode`: the packet is malformed, or a Protocol Error. */
  malformedPacket: 66,
  interrupted: 130,
  terminated: 143,
} as const

/** Return Codes of a CONNACK in 3.1 and 3.1.1, by the Reason Code of 5.0 that stands for them. */
const RETURN_CODES: ReadonlyMap<number, number> = new Map([
  [0x84, 1],
  [0x85, 2],
  [0x88, 3],
  [0x86, 4],
  [0x87, 5],
])

/** The exit code for a refused CONNECT: the code as the server sent it, 1 to 5 in 3.1 and 3.1.1, 128 and above in 5.0. */
export function exitCodeOfConnack(reasonCode: number, protocolVersion: number): number {
  return protocolVersion < 5 ? (RETURN_CODES.get(reasonCode) ?? reasonCode) : reasonCode
}

/** The table that `--help` prints and the README repeats. */
export const EXIT_CODE_TABLE: readonly (readonly [codes: string, meaning: string])[] = [
  ['0', 'done; also when a pipe that reads our output ends (head)'],
  ['1-5', 'CONNECT refused, Return Code of 3.1 and 3.1.1'],
  ['2', 'usage error: nothing was sent'],
  ['7', 'connection lost, or the server ended it without a reason'],
  ['8', 'TLS: the certificate or the handshake'],
  ['10', 'the server does not support it'],
  ['14', 'connection refused, network or host unreachable'],
  ['19', 'the server stopped answering (Keep Alive)'],
  ['20', 'unknown host'],
  ['21', 'what answers does not speak MQTT, or breaks its rules'],
  ['25', 'larger than the server takes'],
  ['27', 'time ran out (-W, or no answer to CONNECT)'],
  ['65, 66', 'decode: not hexadecimal; a malformed packet'],
  ['128-162', 'Reason Code of the CONNACK, SUBACK, PUBACK, PUBREC or DISCONNECT that refused'],
  ['130, 143', 'ended by SIGINT (Ctrl-C), by SIGTERM'],
]
