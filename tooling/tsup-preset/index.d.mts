import type { defineConfig } from 'tsup'

type Entry = Record<string, string>

/** What a build for pages may know of an application's insides. */
interface Joined {
  /** Where the sources are read from. */
  readonly entry: string
  /** Whether an interface of this file stands for the class that implements it. */
  readonly isOwn: (fileName: string) => boolean
  /** The one whose instance has, or makes, those of the others. */
  readonly root: string
  /** The one that an application gets. It has the root, and nobody has it. */
  readonly face: string
  /** There is one instance of each. */
  readonly classes: readonly string[]
  /** Classes and interfaces of which there are several, and whose properties nobody outside sees: those get short names. A literal must be declared as what it is. */
  readonly internalTypes: readonly string[]
}

export declare function library(entry: Entry): ReturnType<typeof defineConfig>
export declare function smallLibrary(entry: Entry & { readonly index: string }): ReturnType<typeof defineConfig>
export declare function libraryWithPage(entries: {
  readonly page: Entry
  readonly shared: Entry
  readonly joined: Joined
  readonly [name: string]: string | Entry | Joined
}): ReturnType<typeof defineConfig>
export declare function application(entry: Entry): ReturnType<typeof defineConfig>
