const NEWLINE = 0x0a

/** The lines of a stream as bytes, without their newline. Blank lines are left out, as mosquitto_pub does; a last line needs no newline. */
export async function* lines(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = []
  for await (const piece of input) {
    let rest = toBytes(piece)
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      const line = Buffer.concat([...parts, rest.subarray(0, end)])
      parts = []
      rest = rest.subarray(end + 1)
      if (line.length > 0) yield line
    }
    if (rest.length > 0) parts.push(rest)
  }
  if (parts.length > 0) yield Buffer.concat(parts)
}

/** All of it. */
export async function everything(input: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const piece of input) parts.push(toBytes(piece))
  return Buffer.concat(parts)
}

function toBytes(piece: Uint8Array | string): Uint8Array {
  return typeof piece === 'string' ? Buffer.from(piece) : piece
}
