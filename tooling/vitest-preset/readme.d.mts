export declare function runReadme(url: URL, number?: number): Promise<{ printed: string; promised: string }>

/** Runs a program in TypeScript as if it lay in that folder, and gives what it printed. */
export declare function runExample(code: string, folder: URL): Promise<string>
