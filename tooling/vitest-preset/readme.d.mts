export declare function runReadme(url: URL, number?: number): Promise<{ printed: string; promised: string }>
