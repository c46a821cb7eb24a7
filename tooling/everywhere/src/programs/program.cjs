const { readFileSync } = require('node:fs')
const process = require('node:process')
const client = require('@godwit/mqtt-client')

async function main([, , authority, ...urls]) {
  const { roundTrips } = await import('./round-trips.js')
  for (const url of urls) {
    const tls = { ca: readFileSync(authority, 'utf8') }
    console.log(`${new URL(url).protocol} ${(await roundTrips(client, url, `cjs/${url.length}`, { tls })).join(', ')}`)
  }
}

void main(process.argv)
