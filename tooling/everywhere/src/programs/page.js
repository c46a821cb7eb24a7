import { connect, MqttError } from '@godwit/mqtt-client'
import { roundTrips } from './round-trips.js'

globalThis.inPage = (url, name) => roundTrips({ connect, MqttError }, url, name)

globalThis.inWorker = (url, name) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data }) => {
      worker.terminate()
      if (data.seen) resolve(data.seen)
      else reject(new TypeError(data.error))
    }
    worker.onerror = ({ message }) => reject(new TypeError(message))
    worker.postMessage({ url, name }, { transfer: [] })
  })
