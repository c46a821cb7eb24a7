import type { ByteStream } from '../byte-stream.ts'
import type { Listener, OnStream } from '../listener.ts'
import type { StreamPair } from './byte-stream-compliance.ts'

/** A connected pair by way of a listener: the first is the client's. */
export const pairOf = async (
  listen: (onStream: OnStream) => Promise<Listener>,
  connect: (listener: Listener) => Promise<ByteStream>,
): Promise<StreamPair> => {
  let onStream: OnStream = () => {}
  const accepted = new Promise<ByteStream>((resolve) => {
    onStream = resolve
  })
  const listener = await listen((stream) => onStream(stream))
  const [client, server] = await Promise.all([connect(listener), accepted])
  return { streams: [client, server], close: () => listener.close() }
}
