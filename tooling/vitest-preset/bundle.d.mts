import type { BuildOptions } from 'esbuild'

/** One file of plain JavaScript for Node from a program and the sources of what it uses. Resolves with its path. */
export declare function bundleProgram(entry: string, outfile: string, options?: BuildOptions): Promise<string>
