export declare function freePort(): Promise<number>
export declare function answers(port: number): Promise<boolean>
