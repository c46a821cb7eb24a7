import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { probe, shareReadBuffer } from './shared-read-buffer.ts'

describe('the probe of the shared read buffer', () => {
  it('finds that Node can do it', async () => {
    await expect(probe()).resolves.toBe(process.release.name === 'node' && process.versions['bun'] === undefined)
  })

  it.each([
    { how: 'has no such property', share: () => false },
    {
      how: 'throws',
      share: () => {
        throw new TypeError('no such property')
      },
    },
    { how: 'reads nothing into the buffer', share: () => true },
    {
      how: 'calls back with another this',
      share: (accepted: Socket, onread?: { buffer: Uint8Array | (() => Uint8Array); callback: OnRead }) => {
        const { buffer, callback } = onread!
        accepted.on('data', (chunk) => {
          ;(buffer as Uint8Array).set(chunk)
          callback.call(undefined, chunk.length, buffer as Uint8Array)
        })
        return true
      },
    },
  ])('says no where a runtime $how', async ({ share }) => {
    await expect(probe(share, 100)).resolves.toBe(false)
  })

  it('leaves a socket as it is where it has no handle', () => {
    const socket = new Socket()
    expect(shareReadBuffer(socket)).toBe(false)
    expect(socket.destroyed).toBe(false)
  })
})

type OnRead = (bytesRead: number, buffer: Uint8Array) => boolean
