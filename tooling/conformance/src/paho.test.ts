import { createBroker } from '@godwit/mqtt-broker'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { expect, it } from 'vitest'
import { run } from './processes.ts'

/** Subscribes, publishes at each QoS once the SUBACK is there, prints what arrives and leaves after three messages. */
const PROGRAM = `
import sys
import paho.mqtt.client as mqtt
version = {'3.1': mqtt.MQTTv31, '3.1.1': mqtt.MQTTv311, '5.0': mqtt.MQTTv5}[sys.argv[2]]
arguments = dict(client_id='paho', protocol=version, transport=sys.argv[3])
if hasattr(mqtt, 'CallbackAPIVersion'):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, **arguments)
else:
    client = mqtt.Client(**arguments)
seen = []
def on_connect(client, *rest):
    client.subscribe('paho/#', 2)
def on_subscribe(client, *rest):
    for qos in (0, 1, 2):
        client.publish('paho/%d' % qos, 'message %d' % qos, qos)
def on_message(client, data, message):
    seen.append('%s %s %d' % (message.topic, message.payload.decode(), message.qos))
    if len(seen) == 3:
        client.disconnect()
client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
if sys.argv[3] == 'websockets':
    client.ws_set_options(path='/mqtt')
client.connect('127.0.0.1', int(sys.argv[1]), 30)
client.loop_forever(retry_first_connection=False)
print('\\n'.join(sorted(seen)))
`

describeWithPeers(['python3-paho-mqtt'], 'Paho for Python against the broker', (python) => {
  for (const transport of ['tcp', 'websockets'] as const) {
    for (const version of ['3.1', '3.1.1', '5.0']) {
      it(`${version} over ${transport}: every QoS arrives as it was sent`, async () => {
        await using broker = createBroker()
        const { port } = await broker.listen(transport === 'tcp' ? 'mqtt://127.0.0.1:0' : 'ws://127.0.0.1:0/mqtt')
        const { code, stdout, stderr } = await run(python, ['-c', PROGRAM, String(port), version, transport])
        expect(stderr).toBe('')
        expect(code).toBe(0)
        expect(stdout.toString()).toBe('paho/0 message 0 0\npaho/1 message 1 1\npaho/2 message 2 2\n')
      })
    }
  }
})
