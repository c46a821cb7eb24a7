/** What of Node's sockets is used and not documented. All of it is looked for, and tried, before it is relied on. */
export interface SocketInternals {
  readonly _handle?: SocketHandle | null
  [key: symbol]: unknown
}

export interface SocketHandle {
  /** From now on it reads into this memory. */
  useUserBuffer?(buffer: unknown): void
  /** Writes at once what the kernel takes, and queues the rest with the request. Returns 0, or the negative number of an error. */
  writeBuffer?(request: object, bytes: Uint8Array): number
  /** Bytes that the kernel has not taken yet. */
  readonly writeQueueSize?: number
}
