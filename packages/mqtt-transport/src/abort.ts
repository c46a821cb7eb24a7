import { TransportError, type TransportPhase } from './transport-error.ts'

/** The part of `AbortSignal` that is needed, so that no declaration here asks for Node's or the DOM's types. */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly reason?: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

export const abortError = (target: string, phase: TransportPhase, signal: AbortSignalLike): TransportError =>
  new TransportError('ABORTED', phase, `connecting to ${target} was aborted`, signal.reason)
