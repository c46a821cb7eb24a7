// What browsers load instead of fast-paths.ts: every packet goes the general way, into memory of its own. These are function
// declarations so that a bundler sees that they do nothing and leaves them out.

export function straightWriting<Write>(general: Write): Write {
  return general
}

export function straightReading<Read>(general: Read): Read {
  return general
}

export function takeSpare(): undefined {}

export function keepSpare(): void {}
