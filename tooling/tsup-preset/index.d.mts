import type { defineConfig } from 'tsup'

type Entry = Record<string, string>

export declare function library(entry: Entry): ReturnType<typeof defineConfig>
export declare function smallLibrary(entry: Entry & { readonly index: string }): ReturnType<typeof defineConfig>
export declare function libraryWithPage(entries: {
  readonly page: Entry
  readonly shared: Entry
  readonly internalNames: readonly string[]
  readonly [name: string]: string | Entry | readonly string[]
}): ReturnType<typeof defineConfig>
export declare function application(entry: Entry): ReturnType<typeof defineConfig>
