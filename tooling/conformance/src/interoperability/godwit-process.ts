import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Running } from '../processes.ts'
import type { Transport } from './cells.ts'

/** The built `godwit` as a process that listens on every transport, with a certificate made for it. */
export class GodwitProcess implements AsyncDisposable {
  /** The certificate, which is its own authority. */
  readonly cafile: string
  readonly folder = mkdtempSync(join(tmpdir(), 'godwit-interoperability-'))
  readonly #process: Running
  #ports: Readonly<Record<Transport, number>> | undefined

  private constructor() {
    const command = fileURLToPath(new URL('../../../../apps/broker/bin/godwit.js', import.meta.url))
    if (!existsSync(new URL('../../../../apps/broker/dist/main.js', import.meta.url))) throw new NotBuilt()
    this.cafile = join(this.folder, 'certificate.pem')
    const key = join(this.folder, 'key.pem')
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
        ...['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', this.cafile],
      ],
      { stdio: 'ignore' },
    )
    this.#process = new Running(process.execPath, [
      command,
      ...['--port', '0', '--ws-port', '0', '--tls-port', '0', '--cert', this.cafile, '--key', key],
      ...['--data-dir', join(this.folder, 'data')],
    ])
  }

  static async start(): Promise<GodwitProcess> {
    const godwit = new GodwitProcess()
    const [line] = await godwit.#process.until(/^.*mqtts?:\/\/.*\n/m)
    const port = (scheme: string): number => Number(new RegExp(`${scheme}://127\\.0\\.0\\.1:(\\d+)`).exec(line)?.[1])
    godwit.#ports = { TCP: port('mqtt'), TLS: port('mqtts'), WebSocket: port('ws') }
    return godwit
  }

  port(transport: Transport): number {
    return this.#ports![transport]
  }

  /** Ends it as an operator would, and gives its exit code. */
  async end(): Promise<number | null> {
    this.#process.kill('SIGTERM')
    return (await this.#process.finished).code
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

class NotBuilt extends Error {
  readonly code = 'NOT_BUILT'
  constructor() {
    super('apps/broker is not built: `npm start` or `npm test` builds it')
  }
}
