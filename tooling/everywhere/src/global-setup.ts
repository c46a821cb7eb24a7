import { rmSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { installPackedClient } from './packed-client.ts'

/** Packing takes seconds: once for all files. */
export default async function setup(project: TestProject): Promise<() => void> {
  const folder = await installPackedClient()
  project.provide('packedClient', folder)
  return () => rmSync(folder, { recursive: true, force: true })
}

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the project that has the client as npm would give it. */
    packedClient: string
  }
}
