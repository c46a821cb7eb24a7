export interface BannedWord {
  readonly pattern: RegExp
  readonly instead: string
}

/** Identifiers that the glossary replaces: the specification's words are the only ones. */
export const BANNED_IDENTIFIERS: readonly BannedWord[] = [
  { pattern: /\b(messageId|msgId|pkid|packetID)\b/, instead: 'packetId' },
  { pattern: /\b(cid|clientID)\b/, instead: 'clientId' },
  { pattern: /\b(lwt|LWT|lastWill|testament)\b/, instead: 'will' },
  { pattern: /\b(subId|subscriptionId)\b/, instead: 'subscriptionIdentifier' },
  { pattern: /\b(heartbeat|pingInterval)\b/i, instead: 'keepAliveSeconds' },
  { pattern: /\b(correlationId|replyTo)\b/, instead: 'correlationData, responseTopic' },
  {
    pattern: /\b(sessionExpiry|keepAlive|messageExpiry|willDelay)\s*[?]?:\s*number\b/,
    instead: 'the name with its unit last',
  },
  { pattern: /\b(inflightWindow|prefetch|sendWindow)\b/, instead: 'receiveMaximum, sendQuota' },
  { pattern: /^(?:export )?(?:async )?(?:function |const )get[A-Z]/, instead: 'a name without get' },
]
