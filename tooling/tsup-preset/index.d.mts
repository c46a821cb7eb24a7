import type { defineConfig } from 'tsup'

export declare function library(entry: Record<string, string>): ReturnType<typeof defineConfig>
export declare function application(entry: Record<string, string>): ReturnType<typeof defineConfig>
