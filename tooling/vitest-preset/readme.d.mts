export declare function runReadme(testUrl: string): Promise<{ printed: string; promised: string }>
