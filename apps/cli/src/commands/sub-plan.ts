import { Option, type Command } from 'commander'
import type { SubscribeOptions } from '@godwit/mqtt-client'
import { usageError } from '../cli-error.ts'
import {
  addConnectionOptions,
  collect,
  type ConnectionFlags,
  type ConnectionSettings,
} from '../options/connection-options.ts'
import { dialectHint } from '../options/dialects.ts'
import { checkTopicFilter } from '../options/topics.ts'
import { parseInteger, parseQos } from '../options/values.ts'
import { compileFormat } from '../output/format.ts'
import type { PrintOptions } from '../output/message-printer.ts'

/** The options of `mqtt sub` as they were typed. */
export interface SubFlags extends ConnectionFlags {
  topic?: string[]
  qos?: string
  count?: string
  exitAfterSubscribe?: boolean
  filterOut?: string[]
  unsubscribe?: string[]
  retained: boolean
  retainedOnly?: boolean
  removeRetained?: boolean
  retainAsPublished?: boolean
  retainHandling?: string
  local: boolean
  reconnect: boolean
  verbose?: boolean
  format?: string
  json?: boolean
  newline: boolean
}

/** The same, checked. */
export interface SubPlan {
  readonly topicFilters: readonly string[]
  readonly unsubscribe: readonly string[]
  readonly filterOut: readonly string[]
  readonly subscribeOptions: SubscribeOptions
  readonly count: number | undefined
  readonly exitAfterSubscribe: boolean
  readonly retained: boolean
  readonly retainedOnly: boolean
  readonly removeRetained: boolean
  readonly print: PrintOptions
}

export const SUB_EXAMPLES = `
Examples:
  mqtt sub -t 'sensor/+/temp' -v                      topic and payload
  mqtt sub -h test.example -t '#' --json | jq .topic  one line of JSON for each message
  mqtt sub -t a/b -C 1 -W 5                           one message, or exit code 27 after 5 seconds
  mqtt sub -t a/b -F '@H:@M:@S %t %q %p'              your own format
  mqtt sub -i me -c -q 1 -t a/b                       keep the Session: nothing is missed while away

Formats (-F): %t topic  %p payload  %x hexadecimal  %l length  %q QoS  %r retain  %m packet id  %I time  %U unix time
  %j JSON  %J JSON with the payload embedded  %A %C %D %E %F %P %R %S MQTT 5.0 properties  %d %f floating point
  %-20t pads, %.5t cuts, %.2:x groups; @Y-@m-@d as in strftime, @N nanoseconds; \\n \\t \\e ... escapes
`

export function addSubOptions(command: Command): Command {
  command
    .description('Subscribe, and print the messages')
    .argument('[topic...]', 'instead of -t')
    .optionsGroup('What to receive:')
    .addOption(new Option('-t, --topic <filter>', 'Topic Filter, with + and #; repeatable').argParser(collect))
    .option('-q, --qos <qos>', 'at most 0, 1 or 2 (default: 0)')
    .addOption(
      new Option('-T, --filter-out <filter>', 'leave out messages of these topics; repeatable').argParser(collect),
    )
    .addOption(
      new Option('-U, --unsubscribe <filter>', 'unsubscribe from this one of a kept Session; repeatable').argParser(
        collect,
      ),
    )
    .option('-R, --no-retained', 'leave out messages that were retained')
    .option('--retained-only', 'retained messages only, then end')
    .option('--remove-retained', 'delete every retained message that comes')
    .option('--retain-as-published', 'show the RETAIN flag as the publisher set it (5.0)')
    .option('--retain-handling <when>', 'retained messages: always, new (subscriptions only) or never (5.0)')
    .option('--no-local', 'not what this client published itself (5.0)')
    .optionsGroup('When to end:')
    .option('-C, --count <count>', 'after so many messages')
    .option('-E, --exit-after-subscribe', 'as soon as the server has confirmed the subscriptions')
    .option('--no-reconnect', 'when the connection is lost; else up to 10 attempts in a row follow')
    .optionsGroup('Output:')
    .option('-v, --verbose', 'the topic before the payload')
    .option('-F, --format <format>', 'your own format, see below')
    .option('--json', "one line of JSON for each message, the same as -F '%j'")
    .option('-N, --no-newline', 'no newline behind a message')
  return addConnectionOptions(command)
}

/** @throws CliError usage error */
export function resolvePlan(flags: SubFlags, words: readonly string[], settings: ConnectionSettings): SubPlan {
  const given = [...(flags.topic ?? []), ...words]
  const topicFilters = given.length === 0 && settings.topic !== undefined ? [settings.topic] : given
  if (topicFilters.length === 0 && flags.unsubscribe === undefined) {
    throw usageError('there is no topic', "for example: mqtt sub -t 'sensor/#' -v")
  }
  const strange = words.find((word) => word === 'true' || word === 'false')
  const hint = flags.disableCleanSession === true ? dialectHint('-c', strange) : undefined
  if (hint !== undefined) throw usageError(`-c takes no value, here it has '${strange}'`, hint)
  if (flags.format !== undefined && flags.json === true) throw usageError('-F and --json exclude each other')
  if (flags.retainedOnly === true && !flags.retained) throw usageError('-R and --retained-only exclude each other')
  return {
    topicFilters: topicFilters.map((topicFilter) => checkTopicFilter('-t', topicFilter)),
    unsubscribe: (flags.unsubscribe ?? []).map((topicFilter) => checkTopicFilter('-U', topicFilter)),
    filterOut: (flags.filterOut ?? []).map(checkFilterOut),
    subscribeOptions: {
      ...settings.properties.subscribe,
      qos: flags.qos === undefined ? 0 : parseQos('-q', flags.qos),
      noLocal: !flags.local,
      retainAsPublished: flags.retainAsPublished === true,
      retainHandling: flags.retainHandling === undefined ? 0 : parseRetainHandling(flags.retainHandling),
      // The command acknowledges after printing, and a slow reader slows the server instead of losing messages.
      ack: 'manual',
      overflow: 'backpressure',
    },
    count: flags.count === undefined ? undefined : parseCount(flags.count),
    exitAfterSubscribe: flags.exitAfterSubscribe === true,
    retained: flags.retained,
    retainedOnly: flags.retainedOnly === true,
    removeRetained: flags.removeRetained === true,
    print: {
      format: flags.format === undefined ? undefined : compileFormat(flags.format),
      json: flags.json === true,
      verbose: flags.verbose === true,
      noNewline: !flags.newline,
    },
  }
}

function parseCount(text: string): number {
  const hint = dialectHint('-C', text)
  if (hint !== undefined) throw usageError(`-C takes a number of messages, not '${text}'`, hint)
  return parseInteger('-C', text, 1, Number.MAX_SAFE_INTEGER, 'a number of messages')
}

function checkFilterOut(text: string): string {
  const hint = dialectHint('-T', text)
  if (hint !== undefined) throw usageError(`-T takes a topic filter, not '${text}'`, hint)
  return checkTopicFilter('-T', text)
}

function parseRetainHandling(text: string): 0 | 1 | 2 {
  if (text === 'always') return 0
  if (text === 'new') return 1
  if (text === 'never') return 2
  throw usageError(`--retain-handling takes always, new or never, not '${text}'`)
}
