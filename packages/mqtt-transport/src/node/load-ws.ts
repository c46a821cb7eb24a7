import { TransportError } from '../transport-error.ts'

/** The package `ws`, which only those install who use WebSocket on Node. */
export const loadWs = async (load: () => Promise<typeof import('ws')> = () => import('ws')) => {
  try {
    return await load()
  } catch (error) {
    const message = 'WebSocket on Node needs the package ws, which is not installed: npm install ws'
    throw new TransportError('WS_NOT_INSTALLED', 'ws', message, error)
  }
}
