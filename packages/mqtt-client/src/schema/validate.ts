import type { Message } from '../api/message.ts'
import { InvalidMessageError } from './invalid-message-error.ts'
import type { Output, StandardSchema } from './standard-schema.ts'

/**
 * What the payload of one message is, for instance of an answer to `request`.
 *
 * @param decode makes of the payload what the schema judges; default: `message.json()`
 * @throws InvalidMessageError it is no JSON, or the schema refuses it; the message is left as it is
 */
export async function validate<S extends StandardSchema>(
  message: Message,
  schema: S,
  decode: (message: Message) => unknown = (each) => each.json(),
): Promise<Output<S>> {
  let decoded
  try {
    decoded = await decode(message)
  } catch (error) {
    throw new InvalidMessageError(message, [{ message: `not decoded: ${String(error)}` }], error)
  }
  const result = await schema['~standard'].validate(decoded)
  if (result.issues) throw new InvalidMessageError(message, result.issues)
  return result.value
}
