import { bundleCommand, bundledCommand } from '@godwit/vitest-preset/bundled-command'

const APP = new URL('../../', import.meta.url)

export const COMMAND = bundledCommand(APP)

/** Vitest's global set-up: once for all files. */
export const setup = (): Promise<void> => bundleCommand(APP, ['classic-level', 'commander', 'pino', 'ws'])
