import { MqttError, type ErrorPhase } from '../errors.ts'

/** A transport's error keeps its phase; `cause` has the rest. */
export function asMqttError(cause: unknown): MqttError {
  if (MqttError.isInstance(cause)) return cause
  const { code, phase, message = String(cause) } = cause as { code?: string; phase?: ErrorPhase; message?: string }
  // What only a person can mend is not tried again by itself.
  const retryable = code !== 'WS_NOT_INSTALLED' && phase !== undefined
  return new MqttError('TRANSPORT_FAILED', message, { ...(phase && { phase }), cause, retryable })
}
