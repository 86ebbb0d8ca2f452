import type { JsonSchema } from './schemas.js';

/**
 * A message of gnostic's as a plain object. This file has the parts that both versions of OpenAPI write in the same
 * way.
 */
export type Message = Record<string, unknown>;

/** The entries of an object, in order, as messages of name and value. */
export function namedList(values: unknown, toMessage: (value: JsonSchema) => Message): Message[] {
  return Object.entries((values ?? {}) as Record<string, JsonSchema>).map(([name, value]) => ({
    name,
    value: toMessage(value),
  }));
}

/** `x-…` entries. Their values are YAML text, and JSON is YAML. */
export function extensionWords(value: JsonSchema): Message[] {
  const words = Object.entries(value).filter(([name]) => name.startsWith('x-'));
  return words.map(([name, word]) => ({ name, value: { yaml: JSON.stringify(word) } }));
}

/** The operations of a path by their methods, and the parameters that they share. */
export function pathItem(
  { parameters, ...operations }: JsonSchema,
  operationMessage: (operation: JsonSchema) => Message,
  parameterMessages: (parameters: unknown) => Message[],
): Message {
  const messages = Object.entries(operations).map(([method, operation]) => [
    method,
    operationMessage(operation as JsonSchema),
  ]);
  return { ...Object.fromEntries(messages), parameters: parameterMessages(parameters) };
}
