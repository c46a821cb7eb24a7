/* One connection subscribes, another publishes each payload when the one before has arrived; prints what arrives.

   Two connections, and one message at a time, because of this client: of two packets in one WebSocket frame it reads the second
   only when more bytes come, so an acknowledgement that shares its frame with a message would let it wait for ever.

   c-client URI CAFILE VERSION QOS TOPIC NAME VALUE; the payloads are lines on standard input. */
#include <MQTTClient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 200000
#define TIMEOUT_MS 20000

static void must(const char *what, int code) {
  if (code == MQTTCLIENT_SUCCESS) return;
  fprintf(stderr, "%s: %d\n", what, code);
  exit(1);
}

static MQTTClient connected(const char *uri, const char *cafile, int five, const char *client_id) {
  MQTTClient client;
  MQTTClient_createOptions creating = MQTTClient_createOptions_initializer;
  creating.MQTTVersion = five ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
  must("create", MQTTClient_createWithOptions(&client, uri, client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &creating));

  MQTTClient_connectOptions older = MQTTClient_connectOptions_initializer;
  MQTTClient_connectOptions newer = MQTTClient_connectOptions_initializer5;
  MQTTClient_connectOptions *connecting = five ? &newer : &older;
  MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
  tls.trustStore = cafile;
  tls.verify = 1;
  connecting->MQTTVersion = creating.MQTTVersion;
  if (strncmp(uri, "ssl:", 4) == 0) connecting->ssl = &tls;
  if (five) {
    MQTTResponse answer = MQTTClient_connect5(client, connecting, NULL, NULL);
    must("connect", answer.reasonCode);
    MQTTResponse_free(answer);
  } else
    must("connect", MQTTClient_connect(client, connecting));
  return client;
}

static void subscribe(MQTTClient client, int five, const char *topic, int qos) {
  if (five) {
    MQTTResponse answer = MQTTClient_subscribe5(client, topic, qos, NULL, NULL);
    must("subscribe", answer.reasonCode == (enum MQTTReasonCodes)qos ? MQTTCLIENT_SUCCESS : MQTTCLIENT_FAILURE);
    MQTTResponse_free(answer);
  } else
    must("subscribe", MQTTClient_subscribe(client, topic, qos));
}

static void publish(MQTTClient client, int five, const char *topic, int qos, char *payload, char *name, char *value) {
  MQTTClient_message message = MQTTClient_message_initializer;
  MQTTClient_deliveryToken token;
  message.payload = payload;
  message.payloadlen = (int)strlen(payload);
  message.qos = qos;
  if (five) {
    MQTTProperty property = {MQTTPROPERTY_CODE_USER_PROPERTY};
    property.value.data = (MQTTLenString){(int)strlen(name), name};
    property.value.value = (MQTTLenString){(int)strlen(value), value};
    MQTTProperties_add(&message.properties, &property);
    MQTTResponse answer = MQTTClient_publishMessage5(client, topic, &message, &token);
    must("publish", answer.reasonCode);
    MQTTResponse_free(answer);
    MQTTProperties_free(&message.properties);
  } else
    must("publish", MQTTClient_publishMessage(client, topic, &message, &token));
  if (qos > 0) must("acknowledgement", MQTTClient_waitForCompletion(client, token, TIMEOUT_MS));
}

static void receive(MQTTClient client) {
  char *topic = NULL;
  int length;
  MQTTClient_message *message = NULL;
  must("receive", MQTTClient_receive(client, &topic, &length, &message, TIMEOUT_MS));
  must("message", message != NULL ? MQTTCLIENT_SUCCESS : MQTTCLIENT_FAILURE);
  printf("message %d [", message->qos);
  if (MQTTProperties_propertyCount(&message->properties, MQTTPROPERTY_CODE_USER_PROPERTY) > 0) {
    MQTTProperty *property = MQTTProperties_getProperty(&message->properties, MQTTPROPERTY_CODE_USER_PROPERTY);
    printf("%.*s:%.*s", property->value.data.len, property->value.data.data, property->value.value.len,
           property->value.value.data);
  }
  printf("] %.*s\n", message->payloadlen, (char *)message->payload);
  MQTTClient_freeMessage(&message);
  MQTTClient_free(topic);
}

static void disconnect(MQTTClient client, int five) {
  must("disconnect", five ? MQTTClient_disconnect5(client, 1000, MQTTREASONCODE_SUCCESS, NULL)
                          : MQTTClient_disconnect(client, 1000));
  MQTTClient_destroy(&client);
}

int main(int count, char **given) {
  if (count != 8) return 2;
  int five = strcmp(given[3], "5.0") == 0, qos = atoi(given[4]);
  MQTTClient subscriber = connected(given[1], given[2], five, "c-subscriber");
  MQTTClient publisher = connected(given[1], given[2], five, "c-publisher");
  subscribe(subscriber, five, given[5], qos);
  static char line[LONGEST];
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = 0;
    publish(publisher, five, given[5], qos, line, given[6], given[7]);
    receive(subscriber);
  }
  disconnect(publisher, five);
  disconnect(subscriber, five);
  return 0;
}
