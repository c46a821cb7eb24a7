/** Binary data of a decoded packet is a view of the read buffer, which lives as long as the call: what is handed on is copied. */
export function kept<P extends object, K extends keyof P>(properties: P | undefined, name: K): P | undefined {
  const view = properties?.[name]
  return view instanceof Uint8Array ? { ...(properties as P), [name]: view.slice() } : properties
}
