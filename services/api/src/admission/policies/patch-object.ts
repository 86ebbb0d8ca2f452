import { fromCel, Message, typeFaults, typeOfMessage } from '@everynode/cel';
import {
  ApiError,
  apiVersionOf,
  DecodeError,
  decodeObject,
  type KubeObject,
  lookupType,
  type ResourceDefinition,
  readObjectOf,
  unknownFields,
} from '@everynode/objects';
import { applyPatch, atomicPaths, isFailedTest, itemErrors, overlay } from '@everynode/patch';

/** A value that is no patch of the object. The policy's failurePolicy decides about the request. */
export class MutationError extends Error {
  override readonly name = 'MutationError';
  readonly retryable = false;
}

/**
 * The object with the configuration that an expression has made. Neither is changed.
 * Source: apiserver plugin/policy/mutating/patch/smd.go. @throws MutationError
 */
export function withConfiguration(object: KubeObject, value: unknown, definition: ResourceDefinition): KubeObject {
  if (!(value instanceof Message) || typeOfMessage(value) !== 'Object') {
    throw new MutationError('unsupported return type from ApplyConfiguration expression');
  }
  const faults = typeFaults(value, 'Object');
  if (faults.length > 0) throw new MutationError(`type mismatch: ${faults.join('\n')}`);
  const config: object = { ...jsonOf(value), apiVersion: apiVersionOf(definition), kind: definition.kind };
  const { schema } = definition;
  const undecodable = (why: string): MutationError =>
    new MutationError(`error applying patch: failed to convert patch object to typed object: ${why}`);
  try {
    readObjectOf({ value: config }, definition, 'Ignore');
  } catch (error) {
    if (error instanceof DecodeError) throw undecodable(error.message);
    throw error;
  }
  const unknown = unknownFields(schema, config).map((path) => `.${path}: field not declared in schema`);
  if (unknown.length > 0)
    throw undecodable(unknown.length > 1 ? `errors:\n  ${unknown.join('\n  ')}` : (unknown[0] ?? ''));
  const unmergeable = itemErrors(schema, config);
  if (unmergeable !== undefined) throw undecodable(unmergeable);
  const atomics = atomicPaths(schema, config);
  if (atomics.length > 0) {
    const why = `may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`;
    throw new MutationError(`error applying patch: invalid ApplyConfiguration: ${why}`);
  }
  return decodeObject({ value: overlay(schema, object, config) }, definition).object;
}

function jsonOf(value: unknown): object {
  try {
    return fromCel(value) as object;
  } catch (error) {
    throw new MutationError(`invalid return type: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * The object with the JSON patch that an expression has made; the same where one of its tests fails.
 * Source: apiserver plugin/policy/mutating/patch/json_patch.go.
 * @throws MutationError. @throws ApiError InternalError where the result is no object of the kind.
 */
export function withJsonPatch(object: KubeObject, value: unknown, definition: ResourceDefinition): KubeObject {
  if (!Array.isArray(value))
    throw new MutationError('type mismatch: JSONPatchType.expression should evaluate to array');
  const operations = value.map(operationOf);
  let patched: object;
  try {
    patched = applyPatch('application/json-patch+json', object, operations, {
      typeName: definition.schema,
      lookupType,
    });
  } catch (error) {
    if (isFailedTest(error)) return object;
    if (!(error instanceof ApiError)) throw error;
    const why = error.cause instanceof Error ? error.cause.message : error.message;
    throw new MutationError(`JSONPath: ${why}`);
  }
  try {
    return decodeObject({ value: patched }, definition, 'Strict').object;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { message } = error;
    throw new ApiError(
      'InternalError',
      `Internal error occurred: ${message}`,
      { causes: [{ message }] },
      { cause: error },
    );
  }
}

function operationOf(value: unknown): object {
  if (!(value instanceof Message) || typeOfMessage(value) !== 'JSONPatch') {
    throw new MutationError('type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch');
  }
  const { op = '', path = '', from = '', value: given } = value;
  for (const [field, text] of Object.entries({ op, path, from })) {
    if (typeof text !== 'string') throw new MutationError(`unexpected type for JSONPatchType '${field}' field`);
  }
  const [type] = given instanceof Message ? typeFaults(given, typeOfMessage(given)) : [];
  if (type !== undefined) throw new MutationError(`type mismatch: ${type}`);
  return { op, path, ...(from !== '' && { from }), ...(given !== undefined && { value: jsonOf(given) }) };
}
