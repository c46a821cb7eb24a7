import { Buffer } from 'node:buffer'
import { pureText, type TextCodec } from './text.ts'

/** What every Buffer has and its declarations leave out. The functions take any Uint8Array as `this`. */
interface NativeText {
  readonly latin1Slice?: (this: Uint8Array, start: number, end: number) => string
  readonly utf8Slice?: (this: Uint8Array, start: number, end: number) => string
}

const native: NativeText = Buffer.prototype
const encoder = new TextEncoder()

const supported = typeof native.latin1Slice === 'function' && typeof native.utf8Slice === 'function'

/** Strings by Node's own functions; where a runtime lacks them, as `pureText`. */
export const nodeText: TextCodec = supported ? nativeText(native as Required<NativeText>) : pureText

function nativeText({ latin1Slice, utf8Slice }: Required<NativeText>): TextCodec {
  return {
    allocate: (byteLength) => new Uint8Array(Buffer.allocUnsafeSlow(byteLength).buffer),
    decodeAscii: (bytes, start, end) => latin1Slice.call(bytes, start, end),
    decodeUtf8: (bytes, start, end) => utf8Slice.call(bytes, start, end),
    write(target, offset, text) {
      const { read, written } = encoder.encodeInto(text, target.subarray(offset))
      // What does not fit is counted all the same.
      return offset + (read === text.length ? written : Buffer.byteLength(text))
    },
  }
}
