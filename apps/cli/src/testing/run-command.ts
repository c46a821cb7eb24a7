import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { COMMAND } from './build-command.ts'

export interface Outcome {
  readonly exitCode: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

export interface RunningCommand {
  readonly child: ChildProcessWithoutNullStreams
  /** Resolves when the text has appeared on standard error; rejects when the command ends before. */
  stderrHas(text: string): Promise<void>
  stdoutHas(text: string): Promise<void>
  readonly ended: Promise<Outcome>
}

/** The command as a process of its own: exit codes, signals and pipes are what they are in a shell. */
export function startCommand(argv: readonly string[], environment: Record<string, string> = {}): RunningCommand {
  const child = spawn(process.execPath, [COMMAND, ...argv], {
    env: { PATH: process.env['PATH'] ?? '', TZ: 'UTC', ...environment },
  })
  const stdout: Buffer[] = []
  let stderr = ''
  let over = false
  const waiting = new Set<() => void>()
  const changed = (): void => {
    for (const check of waiting) check()
  }
  child.stdout.on('data', (chunk: Buffer) => {
    stdout.push(chunk)
    changed()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
    changed()
  })
  // Ended before it read its input: the test says what it expects of that.
  child.stdin.on('error', () => undefined)
  const has = (current: () => string, text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const found = current().includes(text)
        if (!found && !over) return
        waiting.delete(check)
        if (found) resolve()
        else reject(new TypeError(`the command ended without ${JSON.stringify(text)}; standard error: ${stderr}`))
      }
      waiting.add(check)
      check()
    })
  const ended = new Promise<Outcome>((resolve) => {
    child.on('close', (exitCode) => {
      over = true
      changed()
      resolve({ exitCode, stdout: Buffer.concat(stdout), stderr })
    })
  })
  return {
    child,
    ended,
    stderrHas: (text) => has(() => stderr, text),
    stdoutHas: (text) => has(() => Buffer.concat(stdout).toString('latin1'), text),
  }
}

export function runCommand(
  argv: readonly string[],
  options: { readonly input?: Uint8Array | string; readonly environment?: Record<string, string> } = {},
): Promise<Outcome> {
  const { child, ended } = startCommand(argv, options.environment)
  child.stdin.end(options.input ?? '')
  return ended
}
