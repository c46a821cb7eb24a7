import type { Subscription } from '@godwit/mqtt-client'
import { Ending } from '../connection/ending.ts'
import { describeReason } from '../connection/failure.ts'
import { openConnection, type Connection } from '../connection/open.ts'
import { PacketIdentifierRecord } from '../connection/packet-identifier-record.ts'
import { ExitCode } from '../exit-codes.ts'
import { resolveConnection, type ConnectionSettings } from '../options/connection-options.ts'
import { closeProperties } from '../options/properties.ts'
import { report, type Terminal } from '../terminal.ts'
import { MessageReceiver } from './message-receiver.ts'
import { resolvePlan, type SubFlags } from './sub-plan.ts'

/** @returns the exit code */
export async function sub(words: readonly string[], flags: SubFlags, terminal: Terminal): Promise<number> {
  const settings = resolveConnection(flags, terminal.environment, ['subscribe', 'connect', 'will', 'disconnect'])
  const plan = resolvePlan(flags, words, settings)
  const ending = new Ending(terminal, settings.timeoutSeconds)
  const packetIdentifiers = new PacketIdentifierRecord()
  const connection = openConnection(settings, terminal, {
    reconnect: flags.reconnect ? { decide: ({ retryable }, { number }) => retryable && number <= 10 } : false,
    onPacket: (direction, packet) => {
      if (direction === 'received' && packet.type === 'publish') packetIdentifiers.note(packet)
    },
  })
  const receiver = new MessageReceiver(plan, connection, packetIdentifiers, ending, terminal)
  watch(connection, ending)
  const state: { subscription?: Subscription | undefined } = {}
  const begin = async (): Promise<void> => {
    const { client } = connection
    // Everything is in place before CONNECT: what a resumed Session still holds comes right behind CONNACK.
    receiver.listen()
    const unsubscribed = plan.unsubscribe.length === 0 ? undefined : client.unsubscribe(plan.unsubscribe)
    const subscribed =
      plan.topicFilters.length === 0
        ? undefined
        : client.subscribe(plan.topicFilters, (message) => receiver.receive(message), plan.subscribeOptions)
    await Promise.all([connection.connect(), unsubscribed, subscribed])
    state.subscription = await subscribed
    if (state.subscription !== undefined) tellGranted(connection, state.subscription)
    if (plan.exitAfterSubscribe) ending.finish(ExitCode.success)
  }
  try {
    begin().catch((error: unknown) => ending.fail(error))
    const exitCode = await ending.reached
    if (exitCode === ExitCode.timeout) report(terminal, `time is up after ${flags.timeout} seconds (-W)`)
    await end(connection, settings, state.subscription, exitCode)
    return exitCode === ExitCode.success ? refusal(state.subscription) : exitCode
  } catch (error) {
    await connection.client.close({ drain: false })
    throw connection.explain(error)
  } finally {
    ending.release()
  }
}

function watch({ client, debug, warn }: Connection, ending: Ending): void {
  let reason: unknown
  let wasOnline = false
  client.on('offline', (error) => {
    reason = error
  })
  client.on('retry', ({ delayMs, error }) => {
    // Where it has never been, there is nothing to come back to: the address is wrong, or the server is not running.
    if (!wasOnline) ending.fail(error)
    else warn(`${error.message}; trying again in ${(delayMs / 1000).toFixed(1)} s`)
  })
  client.on('online', ({ resumed }) => {
    wasOnline = true
    debug(resumed ? 'the server had kept the Session' : 'a new Session')
  })
  client.on('state', ({ state }) => {
    if (state === 'closed' && reason !== undefined) ending.fail(reason)
  })
}

function tellGranted({ debug, warn }: Connection, { topicFilters, reasonCodes }: Subscription): void {
  for (const [at, topicFilter] of topicFilters.entries()) {
    const reasonCode = reasonCodes[at] ?? 0
    if (reasonCode >= 0x80) {
      warn(`the server refused the subscription to ${topicFilter}: ${describeReason(reasonCode)}`)
    } else debug(`subscribed to ${topicFilter}, QoS ${reasonCode}`)
  }
}

/** 0, or the first Reason Code that refused a filter while others were granted. */
function refusal(subscription: Subscription | undefined): number {
  return subscription?.reasonCodes.find((reasonCode) => reasonCode >= 0x80) ?? ExitCode.success
}

async function end(
  { client }: Connection,
  settings: ConnectionSettings,
  subscription: Subscription | undefined,
  exitCode: number,
): Promise<void> {
  // A kept Session keeps its subscriptions: that is what it is for.
  const isInterrupted = exitCode === ExitCode.interrupted || exitCode === ExitCode.terminated
  if (isInterrupted && subscription !== undefined && !settings.keepsSession && client.state === 'online') {
    await subscription.unsubscribe({ timeoutMs: 1_000 }).catch(() => undefined)
  }
  // What has not been printed is not acknowledged, so there is nothing to wait for.
  await client.close({ ...closeProperties(settings.properties), drain: false, timeoutMs: 2_000 }).catch(() => undefined)
}
