"""Subscribes, publishes each payload once the SUBACK is there, prints what arrives, leaves when all of it has come.

python-client.py TRANSPORT PORT CAFILE VERSION QOS TOPIC NAME VALUE; the payloads are lines on standard input.
"""

import sys

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

transport, port, cafile, version, qos, topic, name, value = sys.argv[1:]
payloads = [line.rstrip("\n") for line in sys.stdin]
waiting = [len(payloads)]

arguments = dict(
    client_id="",
    protocol=mqtt.MQTTv5 if version == "5.0" else mqtt.MQTTv311,
    transport="websockets" if transport == "WebSocket" else "tcp",
)
if hasattr(mqtt, "CallbackAPIVersion"):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, **arguments)
else:
    client = mqtt.Client(**arguments)


def on_connect(client, *rest):
    client.subscribe(topic, int(qos))


def on_subscribe(client, *rest):
    properties = None
    if version == "5.0":
        properties = Properties(PacketTypes.PUBLISH)
        properties.UserProperty = (name, value)
    for payload in payloads:
        client.publish(topic, payload, int(qos), properties=properties)


def on_message(client, data, message):
    pairs = getattr(getattr(message, "properties", None), "UserProperty", [])
    told = " ".join("%s:%s" % pair for pair in pairs)
    print("message %d [%s] %s" % (message.qos, told, message.payload.decode()))
    waiting[0] -= 1
    if waiting[0] == 0:
        client.disconnect()


client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
if transport == "WebSocket":
    client.ws_set_options(path="/mqtt")
if transport == "TLS":
    client.tls_set(ca_certs=cafile)
client.connect("127.0.0.1", int(port), 30)
client.loop_forever(retry_first_connection=False)
