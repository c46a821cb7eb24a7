/** The path of the bundle that `bundleCommand` makes of an app. */
export declare function bundledCommand(app: URL): string

/** Bundles an app's command with the sources of its sibling packages; `external` are its dependencies on others. */
export declare function bundleCommand(app: URL, external: readonly string[], outfile?: string): Promise<void>

/** Bundles any script of a package in the same way. */
export declare function bundleScript(script: URL, app: URL, external: readonly string[], outfile: string): Promise<void>
