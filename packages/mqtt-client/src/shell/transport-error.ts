import { MqttError, type ErrorPhase } from '../errors.ts'

/** A transport's error keeps its phase; `cause` has the rest. */
export function asMqttError(cause: unknown): MqttError {
  if (MqttError.isInstance(cause)) return cause
  const { phase, message = String(cause) } = cause as { phase?: ErrorPhase; message?: string }
  const retryable = phase !== undefined
  return new MqttError('TRANSPORT_FAILED', message, { ...(phase && { phase }), cause, retryable })
}
