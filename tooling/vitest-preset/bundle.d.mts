import type { BuildOptions } from 'esbuild'

/** One file of plain JavaScript for Node from a program and the sources of what it uses. Resolves with its path. */
export declare function bundleProgram(entry: string, outfile: string, options?: BuildOptions): Promise<string>

/** The same of a text, as if it lay in that folder; gives the text of the bundle, which runs from anywhere. */
export declare function bundleText(text: string, folder: string): Promise<string>
