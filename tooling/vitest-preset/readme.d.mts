export declare function runReadme(url: URL): Promise<{ printed: string; promised: string }>
