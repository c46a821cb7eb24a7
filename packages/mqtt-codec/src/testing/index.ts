export { chunkings, chunksOf, packets, text } from './packets.ts'
export { BAD_VECTORS, bytesOf, type BadVector } from './wire-vectors.ts'
