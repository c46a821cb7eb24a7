import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder with files, gone with its scope. */
export class Folder implements Disposable {
  readonly #path = mkdtempSync(join(tmpdir(), 'godwit-'))

  path(name: string): string {
    return join(this.#path, name)
  }

  /** Writes a file and gives its path. */
  file(name: string, content: string | Uint8Array): string {
    writeFileSync(this.path(name), content)
    return this.path(name)
  }

  [Symbol.dispose](): void {
    rmSync(this.#path, { recursive: true, force: true })
  }
}
