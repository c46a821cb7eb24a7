// Whoever needs one name gets little more than that.
import { MqttError } from '@godwit/mqtt-client'

console.log(MqttError.isInstance(undefined))
