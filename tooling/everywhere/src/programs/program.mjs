import { readFileSync } from 'node:fs'
import process from 'node:process'
import * as client from '@godwit/mqtt-client'
import { roundTrips } from './round-trips.js'

const [, , authority, ...urls] = process.argv
for (const url of urls) {
  const tls = { ca: readFileSync(authority, 'utf8') }
  console.log(`${new URL(url).protocol} ${(await roundTrips(client, url, `esm/${url.length}`, { tls })).join(', ')}`)
}
