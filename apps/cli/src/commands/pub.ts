import { Option, type Command } from 'commander'
import { MqttError, type PublishOptions } from '@godwit/mqtt-client'
import { usageError } from '../cli-error.ts'
import { Ending } from '../connection/ending.ts'
import { openConnection, type Connection } from '../connection/open.ts'
import { ExitCode } from '../exit-codes.ts'
import {
  addConnectionOptions,
  collect,
  resolveConnection,
  type ConnectionFlags,
} from '../options/connection-options.ts'
import { everything, lines } from '../options/lines.ts'
import { resolvePayload, type PayloadFlags, type PayloadSource } from '../options/payload-source.ts'
import { closeProperties } from '../options/properties.ts'
import { checkTopicName } from '../options/topics.ts'
import { parseQos } from '../options/values.ts'
import { report, type Terminal } from '../terminal.ts'

interface PubFlags extends ConnectionFlags, PayloadFlags {
  topic?: string[]
  qos?: string
  retain?: boolean
}

export const PUB_EXAMPLES = `
Examples:
  mqtt pub -t hello -m 'a message'                    to localhost
  mqtt pub -h test.example -t a/b -m 5 -q 1 -r        QoS 1, retained
  mqtt pub -t a/b -n -r                               delete a retained message
  df -h / | mqtt pub -t disk -s                       standard input as one message
  tail -f log | mqtt pub -t log -l                    one message for each line
  mqtt pub a/b -m x -D publish content-type text/plain
`

export function addPubOptions(command: Command): Command {
  command
    .description('Publish a message')
    .argument('[topic]', 'instead of -t')
    .argument('[message]', 'instead of -m')
    .optionsGroup('Message:')
    .addOption(new Option('-t, --topic <topic>', 'Topic Name').argParser(collect))
    .option('-m, --message <text>', 'the payload')
    .option('-f, --file <file>', 'the payload is the content of this file')
    .option('-s, --stdin-file', 'the payload is all of standard input')
    .option('-l, --stdin-line', 'one message for each line of standard input')
    .option('-n, --null-message', 'an empty payload')
    .option('-q, --qos <qos>', '0, 1 or 2 (default: 0)')
    .option('-r, --retain', 'the server keeps it for later subscribers')
  return addConnectionOptions(command)
}

/** @returns the exit code */
export async function pub(words: readonly string[], flags: PubFlags, terminal: Terminal): Promise<number> {
  const settings = resolveConnection(flags, terminal.environment, ['publish', 'connect', 'will', 'disconnect'])
  const { topicName, rest } = resolveTopic(flags, words, settings.topic)
  const source = resolvePayload(flags, rest)
  const options: PublishOptions = {
    ...settings.properties.publish,
    qos: flags.qos === undefined ? 0 : parseQos('-q', flags.qos),
    retain: flags.retain === true,
  }
  const ending = new Ending(terminal, settings.timeoutSeconds)
  // No reconnecting: a script wants to know that it failed.
  const connection = openConnection(settings, terminal, { reconnect: false })
  try {
    const work = publishAll(connection, topicName, source, options, settings.maximumInFlight, terminal, ending.signal)
    const exitCode = await Promise.race([work, ending.reached])
    if (exitCode === ExitCode.timeout) report(terminal, `not done after ${flags.timeout} seconds (-W)`)
    await connection.client.close({
      ...closeProperties(settings.properties),
      drain: exitCode === ExitCode.success,
      timeoutMs: 2_000,
    })
    return exitCode
  } catch (error) {
    await connection.client.close({ drain: false })
    throw connection.explain(error)
  } finally {
    ending.release()
  }
}

/** `-t TOPIC [message]`, or `TOPIC [message]`, or the topic of the URL. */
function resolveTopic(
  flags: PubFlags,
  words: readonly string[],
  ofUrl: string | undefined,
): { topicName: string; rest: string | undefined } {
  const topics = flags.topic ?? []
  if (topics.length > 1) {
    throw usageError(
      `a message goes to one topic, not to ${topics.length} (${topics.join(' ')})`,
      'run mqtt pub once for each topic',
    )
  }
  const fromWords = topics.length === 0 && (ofUrl === undefined || words.length > 1)
  const topicName = topics[0] ?? (fromWords ? words[0] : ofUrl)
  if (topicName === undefined) throw usageError('there is no topic', 'for example: mqtt pub -t hello -m text')
  const rest = fromWords ? words.slice(1) : words
  if (rest.length > 1) throw usageError(`what is '${rest[1]}'?`, 'a message of several words needs quotes')
  return { topicName: checkTopicName('-t', topicName), rest: rest[0] }
}

/** Resolves when everything has been acknowledged: 0, or the first Reason Code that refused a message. */
async function publishAll(
  connection: Connection,
  topicName: string,
  source: PayloadSource,
  options: PublishOptions,
  maximumInFlight: number,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  // Read first, so that a slow producer does not hold a connection open for nothing.
  const single =
    source.kind === 'bytes' ? source.payload : source.kind === 'stdin' ? await everything(terminal.stdin) : undefined
  if (signal.aborted) return ExitCode.success
  await connection.connect()
  if (single !== undefined) {
    const { reasonCode } = await connection.client.publish(topicName, single, { ...options, signal })
    if (reasonCode === NO_MATCHING_SUBSCRIBERS) connection.debug(`nobody subscribes to ${topicName}`)
    return ExitCode.success
  }
  return publishLines(connection, topicName, options, maximumInFlight, terminal, signal)
}

const NO_MATCHING_SUBSCRIBERS = 0x10

async function publishLines(
  connection: Connection,
  topicName: string,
  options: PublishOptions,
  maximumInFlight: number,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  let refused: unknown
  let broken: unknown
  let number = 0
  const inFlight = new Set<Promise<void>>()
  // A connection that ends while the input is silent must end the command too.
  const lost = new Promise<undefined>((resolve) => {
    connection.client.on('state', ({ state }) => {
      if (state === 'closed') resolve(undefined)
    })
    connection.client.on('offline', (error) => {
      broken ??= error
    })
  })
  const input = lines(terminal.stdin)
  while (!signal.aborted && broken === undefined) {
    const next = await Promise.race([input.next(), lost])
    if (next === undefined || next.done === true) break
    const line = ++number
    const sent: Promise<void> = connection.client
      .publish(topicName, next.value, { ...options, signal })
      .then(() => undefined)
      .catch((error: unknown) => {
        if (!MqttError.isInstance(error) || error.code !== 'PUBLISH_REFUSED') {
          broken ??= error
          return
        }
        // One refused line does not stop the others; its Reason Code becomes the exit code.
        refused ??= error
        connection.warn(`line ${line}: ${messageOf(connection.explain(error))}`)
      })
      .finally(() => inFlight.delete(sent))
    inFlight.add(sent)
    if (inFlight.size >= maximumInFlight) await Promise.race(inFlight)
  }
  if (broken === undefined) await Promise.all(inFlight)
  if (broken !== undefined || refused !== undefined) throw connection.explain(broken ?? refused)
  return ExitCode.success
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
