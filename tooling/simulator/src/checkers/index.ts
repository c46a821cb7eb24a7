import type { Checker } from './checker.ts'
import { clientPacketIdentifiers } from './c01-packet-identifiers.ts'
import { clientReconnect } from './c02-reconnect.ts'
import { clientOfflineQueue } from './c03-offline-queue.ts'
import { clientStore } from './c04-store.ts'
import { clientSurvives } from './c05-broken-protocol.ts'
import { answersToNothing, promisedBytes } from './c06-c07-hostile-server.ts'
import { clientKeepAlive } from './c08-keep-alive.ts'
import { clientSessionLost } from './c09-session-lost.ts'
import { clientClose } from './c10-close.ts'
import { clientSecrets } from './c11-secrets.ts'
import { noInvention } from './i01-no-invention.ts'
import { qos0 } from './i02-qos-0.ts'
import { qos1 } from './i03-qos-1.ts'
import { qos2Received } from './i04-qos-2-received.ts'
import { acknowledgedAfterDurable } from './i05-acknowledged-after-durable.ts'
import { qos2Sent } from './i06-qos-2-sent.ts'
import { packetIdentifiers } from './i07-packet-identifiers.ts'
import { sendQuota } from './i08-send-quota.ts'
import { maximumPacketSize } from './i09-maximum-packet-size.ts'
import { order } from './i10-order.ts'
import { dupAndRetain } from './i11-dup-and-retain.ts'
import { sessionPresent } from './i12-session-present.ts'
import { takeover } from './i13-takeover.ts'
import { wills } from './i14-wills.ts'
import { retained } from './i15-retained.ts'
import { shared } from './i16-shared.ts'
import { messageExpiry } from './i17-message-expiry.ts'
import { sessionExpiry } from './i18-session-expiry.ts'
import { rights } from './i19-rights.ts'
import { leaks } from './i20-leaks.ts'
import { bounds } from './i21-bounds.ts'
import { fairness } from './i22-fairness.ts'
import { nonInterference } from './i23-non-interference.ts'
import { recovery } from './i24-recovery.ts'
import { syncFailure } from './i25-sync-failure.ts'
import { fullDisk } from './i26-full-disk.ts'
import { wallClock } from './i27-wall-clock.ts'
import { keepAlive } from './i28-keep-alive.ts'
import { codec } from './i30-codec.ts'
import { liveness } from './i31-liveness.ts'
import { subscriptions } from './i32-subscriptions.ts'
import { clientLibrary } from './i33-client-library.ts'
import { reasonCodes } from './i34-reason-codes.ts'
import { model } from './model.ts'

/** Every invariant that one history decides. */
export const CHECKERS: readonly Checker[] = [
  noInvention,
  qos0,
  qos1,
  qos2Received,
  acknowledgedAfterDurable,
  qos2Sent,
  packetIdentifiers,
  sendQuota,
  maximumPacketSize,
  order,
  dupAndRetain,
  sessionPresent,
  takeover,
  wills,
  retained,
  shared,
  messageExpiry,
  sessionExpiry,
  rights,
  leaks,
  bounds,
  fairness,
  nonInterference,
  recovery,
  syncFailure,
  fullDisk,
  wallClock,
  keepAlive,
  codec,
  liveness,
  subscriptions,
  clientLibrary,
  reasonCodes,
  clientPacketIdentifiers,
  clientReconnect,
  clientOfflineQueue,
  clientStore,
  clientSurvives,
  answersToNothing,
  promisedBytes,
  clientKeepAlive,
  clientSessionLost,
  clientClose,
  clientSecrets,
  model,
]
