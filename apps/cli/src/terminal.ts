/** What a command needs of the process around it; a test passes its own. */
export interface Terminal {
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean | undefined }
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Nanoseconds since 1970. */
  now(): bigint
  /** Calls back at SIGINT and SIGTERM; returns the way to stop that. */
  onSignal(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void
}

/** The part of a Node Writable that is used. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  write(bytes: Uint8Array | string, done?: (error?: Error | null) => void): boolean
  on(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
}

/** Diagnostics: one line on standard error, never on standard output. */
export function report(terminal: Terminal, text: string): void {
  terminal.stderr.write(`mqtt: ${text}\n`)
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const startedAt = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint()
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    now: () => startedAt + process.hrtime.bigint(),
    onSignal: (listener) => {
      process.on('SIGINT', listener)
      process.on('SIGTERM', listener)
      return () => {
        process.off('SIGINT', listener)
        process.off('SIGTERM', listener)
      }
    },
  }
}
