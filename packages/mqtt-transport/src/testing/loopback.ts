import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { TransportError } from '../transport-error.ts'

/** Where the tests listen. */
export const HOST = '127.0.0.1'

/** What a test has opened, to be closed behind it. */
export class Opened {
  #closing: (() => unknown)[] = []

  add(close: () => unknown): void {
    this.#closing.push(close)
  }

  readonly close = async (): Promise<void> => {
    const closing = this.#closing
    this.#closing = []
    for (const close of closing) await close()
  }

  /** A plain socket, connected. It does not read by itself. */
  async rawTo(port: number, options: { readonly allowHalfOpen?: boolean } = {}): Promise<Socket> {
    const raw = connect({ host: HOST, port, ...options })
    raw.on('error', () => {})
    this.add(() => raw.destroy())
    await new Promise((resolve) => raw.once('connect', resolve))
    return raw
  }

  /** A plain server that answers the first bytes of each connection; the port of it. */
  async plainServer(answer: (socket: Socket, request: string) => void): Promise<number> {
    const server = createServer((socket) => {
      this.add(() => socket.destroy())
      socket.on('error', () => {}).once('data', (chunk: Buffer) => answer(socket, chunk.toString('latin1')))
    })
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
    this.add(() => server.close())
    return (server.address() as AddressInfo).port
  }
}

/** All that a socket still receives, until it is closed. */
export const everything = (socket: Socket): Promise<string> => {
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  if (socket.closed) return Promise.resolve(text)
  return new Promise((resolve) => socket.once('close', () => resolve(text)))
}

/** The error with which an attempt must end. */
export const failure = async (attempt: Promise<unknown>): Promise<TransportError> => {
  try {
    await attempt
  } catch (error) {
    if (TransportError.isInstance(error)) return error
    throw error
  }
  throw new TypeError('the attempt succeeded')
}
