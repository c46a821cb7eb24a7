/** `mqtt://user:password@host`: what stands there is used, and goes no further than CONNECT. */
export function parted(href: string): { readonly url: string; readonly username?: string; readonly password?: string } {
  const [, scheme, name, password, rest] = /^([^/]*\/\/)([^/?#:]*)(?::([^/?#]*))?@(.*)/.exec(href) ?? []
  if (scheme === undefined) return { url: href }
  return {
    url: `${scheme}${rest}`,
    ...(name && { username: decodeURIComponent(name) }),
    ...(password !== undefined && { password: decodeURIComponent(password) }),
  }
}
