/**
 * Publishes at QoS 0, 1 and 2 and gives what came back, `topic payload qos` each. The same for every engine and bundler.
 *
 * @param {typeof import('@godwit/mqtt-client')} client
 * @param {string} url
 * @param {string} name keeps the topics of several programs apart
 * @param {import('@godwit/mqtt-client').ClientOptions} [options]
 */
export const roundTrips = async ({ connect, MqttError }, url, name, options = {}) => {
  const client = await connect(url, { ...options, reconnect: false })
  const seen = []
  const readings = await client.subscribe(`${name}/+qos`, { qos: 2 })
  for (const qos of [0, 1, 2]) await client.publish(`${name}/${qos}`, `grüße ${qos}`, { qos })
  for await (const message of readings) {
    seen.push(`${message.parameters.qos} ${message.text()} ${message.qos}`)
    if (seen.length === 3) break
  }
  await client.close()
  const refused = await client.publish(name, 'too late').catch((error) => error)
  seen.push(MqttError.isInstance(refused) ? refused.code : String(refused))
  return seen
}
