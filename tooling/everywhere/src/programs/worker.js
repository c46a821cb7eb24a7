import { connect, MqttError } from '@godwit/mqtt-client'
import { roundTrips } from './round-trips.js'

globalThis.onmessage = ({ data: { url, name } }) => {
  roundTrips({ connect, MqttError }, url, name).then(
    (seen) => postMessage({ seen }),
    (error) => postMessage({ error: String(error) }),
  )
}
