import type { Durability } from '@godwit/mqtt-broker'
import { hasLoginFiles } from './login.ts'
import { isLoopback, type Settings } from './options.ts'

/** The one line that says where the broker listens and what survives it. */
export const startLine = (urls: readonly string[], durability: Durability, { persistence }: Settings): string =>
  `godwit listens at ${urls.join(', ')}; ${promise(durability, persistence?.directory ?? '')} (durability: ${durability}).`

const promise = (durability: Durability, directory: string): string => {
  if (durability === 'none') return 'Sessions and messages live in memory and end with it'
  if (durability === 'fsync') return `what it acknowledges is on disk, in ${directory}`
  return `what it acknowledges is in ${directory} and survives its end, but no loss of power`
}

/** For somebody who sits in front of it: how to try it, and how to let others in. */
export const hints = (urls: readonly string[], settings: Settings): readonly string[] => {
  if (!isLoopback(settings.host) || hasLoginFiles(settings.login)) return []
  const { port } = new URL(urls[0]!)
  return [
    `Try it: mqtt sub -h localhost -p ${port} -t hello -v, and in another terminal mqtt pub -h localhost -p ${port} -t hello -m hi`,
    'Only this machine gets in. For others: --host 0.0.0.0 --password-file FILE, which "mosquitto_passwd -c FILE NAME" makes.',
  ]
}
