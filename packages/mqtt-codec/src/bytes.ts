export const NO_BYTES: Uint8Array = /* @__PURE__ */ new Uint8Array(0)

/** A view of bytes as a plain Uint8Array, also where they are a Buffer. */
export const view = (bytes: Uint8Array, start: number, end: number): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
