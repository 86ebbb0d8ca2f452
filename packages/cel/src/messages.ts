import { type Environment, Optional } from '@marcbachmann/cel-js';
import { MAX_DEPTH } from './limits.js';
import { constructorOf, JSON_PATCH_TEXTS, textFunctionOf } from './message-source.js';

/**
 * A message that an expression constructs: `Object.spec{replicas: 3}`. Its fields are its own members, as the library
 * reads them there.
 */
export abstract class Message {
  /** The name of its type: `Object.spec`. */
  static readonly type: string;

  [field: string]: unknown;
}

export const typeOfMessage = (message: Message): string =>
  (Object.getPrototypeOf(message) as MessageShape).constructor.type;

interface MessageShape {
  constructor: typeof Message;
}

/** A message is a call with a map of calls: it nests deeper than what it stands for. */
const DEPTH_OF_MESSAGE = 3;

/**
 * Returns a copy of an environment in which expressions construct messages of these types. A field has any type, but
 * for the texts of a JSONPatch. Source: apiserver pkg/cel/mutation.
 */
export function withMessages(environment: Environment, types: readonly string[]): Environment {
  const copy = environment.clone({ limits: { maxDepth: DEPTH_OF_MESSAGE * MAX_DEPTH } });
  for (const [at, name] of types.entries()) {
    const Made = class extends Message {
      static override readonly type = name;
    };
    copy.registerType(name, Made as unknown as new () => Message);
    copy.registerFunction(
      `${constructorOf(at)}(map<string, dyn>, string): ${name}`,
      (fields: Map<string, unknown> | Record<string, unknown>, optional: string) => {
        const made = new Made();
        const names = new Set(optional.split(' '));
        const entries = fields instanceof Map ? [...fields] : Object.entries(fields);
        for (const [field, value] of entries) {
          const given = names.has(field) ? givenValue(field, value) : { value };
          // A field may be called __proto__.
          if (given) Object.defineProperty(made, field, { ...given, enumerable: true });
        }
        return made;
      },
    );
  }
  for (const field of JSON_PATCH_TEXTS) {
    copy.registerFunction(`${textFunctionOf(field)}(string): dyn`, (text: string) => text);
  }
  return copy;
}

/** Undefined where an optional value is none. */
function givenValue(field: string, value: unknown): { value: unknown } | undefined {
  if (!(value instanceof Optional)) throw new Error(`expected type of field '${field}' is optional_type`);
  return value.hasValue() ? { value: value.value() } : undefined;
}

/**
 * The messages whose types do not have the names of the fields that they are in: `Object{spec: Object.status{}}`.
 * Source: apiserver pkg/cel/mutation/dynamic/objects.go, CheckTypeNamesMatchFieldPathNames.
 * @param path of the field that the value is in, which a message is named after.
 */
export function typeFaults(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => typeFaults(one, path));
  if (value instanceof Map) return [...value.values()].flatMap((one) => typeFaults(one, path));
  if (!(value instanceof Message)) {
    const isMap = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
    return isMap ? Object.values(value).flatMap((one) => typeFaults(one, path)) : [];
  }
  const type = typeOfMessage(value);
  const wrong = `unexpected type name ${JSON.stringify(type)}, expected ${JSON.stringify(path)}`;
  return [
    ...(type === path ? [] : [`${wrong}, which matches field name path from root Object type`]),
    ...Object.entries(value).flatMap(([field, one]) => typeFaults(one, `${path}.${field}`)),
  ];
}

class JsonPatchLibrary {}

/** Adds `jsonpatch.escapeKey`. Source: apiserver pkg/cel/library/jsonpatch.go. */
export function addJsonPatch(environment: Environment): void {
  environment
    .registerType('kubernetes.JSONPatchLibrary', JsonPatchLibrary)
    .registerConstant('jsonpatch', 'kubernetes.JSONPatchLibrary', new JsonPatchLibrary())
    .registerFunction(
      'kubernetes.JSONPatchLibrary.escapeKey(string): string',
      (_library: JsonPatchLibrary, key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1'),
    );
}
