import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { Random } from '@godwit/vitest-preset/random'

/**
 * A network between clients and a server that does what networks do, by a seed: it splits what it carries anywhere, delays it for some turns of
 * the event loop, and cuts connections without a word.
 */
export class UnrulyProxy implements AsyncDisposable {
  /** Connections that it has cut. */
  cuts = 0
  readonly #server: Server
  readonly #random: Random
  readonly #sockets = new Set<Socket>()

  private constructor(to: number, random: Random) {
    this.#random = random
    this.#server = createServer({ noDelay: true }, (client) => this.#carry(client, connect(to, '127.0.0.1')))
  }

  static async start(to: number, random: Random): Promise<UnrulyProxy> {
    const proxy = new UnrulyProxy(to, random)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #upTo(most: number): number {
    return Math.floor(this.#random.next() * most)
  }

  #carry(client: Socket, server: Socket): void {
    let left = LEAST_BYTES + this.#upTo(MORE_BYTES)
    const end = () => {
      client.destroy()
      server.destroy()
    }
    const pass = async (chunk: Buffer, to: Socket) => {
      for (let at = 0, size = 0; at < chunk.length && !to.destroyed; at += size) {
        size = 1 + this.#upTo(PIECE_BYTES)
        for (let turns = this.#upTo(DELAY_TURNS); turns > 0; turns--) await turn()
        const piece = chunk.subarray(at, at + size)
        left -= piece.length
        if (left < 0) {
          if (!client.destroyed) this.cuts++
          return end()
        }
        to.write(piece)
      }
    }
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from)
      // In order: a piece waits for the one before it.
      let last = Promise.resolve()
      from.on('data', (chunk: Buffer) => {
        last = last.then(() => pass(chunk, to))
      })
      from.on('error', end)
      from.on('close', () => {
        this.#sockets.delete(from)
        end()
      })
    }
  }
}

/** What a connection carries before it is cut: always enough to resume a Session and to get further. */
const LEAST_BYTES = 1_500
const MORE_BYTES = 4_000
const PIECE_BYTES = 300
const DELAY_TURNS = 4
