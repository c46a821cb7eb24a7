export interface Job {
  /** Of the project to bundle. */
  readonly folder: string
  /** File names in it. Each becomes a file of the same name in `outFolder`, unless the bundler finds it by itself. */
  readonly entries: readonly string[]
  readonly outFolder: string
}

/** Bundles for a browser, minified, as its documentation says for a plain project; gives its warnings. */
export type Bundler = (job: Job) => Promise<readonly string[]>
