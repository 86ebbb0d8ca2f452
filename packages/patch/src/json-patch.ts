import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '@everynode/objects';
import { copyJson, goKindOf, isMap, type JsonMap, kindOf, member } from './json.js';
import { absolutePointer, isPointer, PointerError, resolvePointer } from './json-pointer.js';
import { badRequest, tooLarge, unprocessable } from './patch-error.js';

/** Limit on the operations in one patch (apiserver handlers/patch.go). */
export const MAX_JSON_PATCH_OPERATIONS = 10_000;

/**
 * Limit on the bytes of JSON that all `copy` operations of one patch add together (apiserver, 3 MiB). Without it,
 * thirty copies of a list into itself would fill any memory.
 */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

/** An operation of RFC 6902. */
type Operation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: unknown }
  | { op: 'remove'; path: string }
  | { op: 'move' | 'copy'; path: string; from: string };

/** Members that each operation must have beside `op` and `path`. */
const REQUIRED = {
  add: ['value'],
  replace: ['value'],
  test: ['value'],
  remove: [],
  move: ['from'],
  copy: ['from'],
} as const satisfies Record<Operation['op'], readonly string[]>;

/** The document, which an operation on the root (`""`) replaces. */
interface Holder {
  root: unknown;
}

/**
 * Applies a JSON patch (RFC 6902): all operations or none. The object is not changed, and the result shares nothing
 * with it.
 * @throws ApiError BadRequest for a malformed patch, RequestEntityTooLarge for more than {@link
 *   MAX_JSON_PATCH_OPERATIONS} operations, Invalid for an operation or a test that fails on this object.
 */
export function applyJsonPatch(object: object, operations: unknown): JsonMap {
  if (!Array.isArray(operations)) throw undecodable(operations, 'Go value of type []handlers.jsonPatchOp');
  if (operations.length > MAX_JSON_PATCH_OPERATIONS) {
    throw tooLarge(
      `The allowed maximum operations in a JSON patch is ${MAX_JSON_PATCH_OPERATIONS}, got ${operations.length}`,
    );
  }
  const checkedOperations = operations.map(checked);
  const holder: Holder = { root: copyJson(object) };
  let copiedBytes = 0;
  for (const operation of checkedOperations) {
    try {
      copiedBytes += run(holder, operation, copiedBytes);
    } catch (error) {
      throw asRefusal(operation, error);
    }
  }
  if (!isMap(holder.root)) throw unprocessable(`the patched object is a ${kindOf(holder.root)}`);
  return copyJson(holder.root) as JsonMap;
}

/** Thrown for a `test` that finds another value. */
class FailedTestError extends Error {
  override readonly name = 'FailedTestError';
  readonly retryable = false;
}

/** True for the error of a patch that ended with a `test` of another value, and not with a fault. */
export const isFailedTest = (error: unknown): boolean =>
  error instanceof Error && (error instanceof FailedTestError || isFailedTest(error.cause));

function undecodable(value: unknown, where: string): ApiError {
  return badRequest(`error decoding patch: json: cannot unmarshal ${goKindOf(value)} into ${where}`);
}

function checked(value: unknown, index: number): Operation {
  const operation = copyJson(value);
  checkOperation(operation, index);
  return operation;
}

function checkOperation(operation: unknown, index: number): asserts operation is Operation {
  if (!isMap(operation)) throw undecodable(operation, 'Go value of type handlers.jsonPatchOp');
  for (const name of ['op', 'path', 'from']) {
    const value = member(operation, name);
    if (value === undefined || typeof value === 'string') continue;
    throw undecodable(value, `Go struct field jsonPatchOp.${name} of type string`);
  }
  const { op, path, from } = operation;
  if (typeof op !== 'string' || !Object.hasOwn(REQUIRED, op)) {
    throw unprocessable(`operation ${index} of the JSON patch: unknown op ${JSON.stringify(op) ?? '(none)'}`);
  }
  const required: readonly string[] = REQUIRED[op as Operation['op']];
  for (const name of required) {
    if (!Object.hasOwn(operation, name))
      throw unprocessable(`operation ${index} of the JSON patch: ${name} is missing`);
  }
  if (!isPointer(path)) throw unprocessable(`operation ${index} of the JSON patch: path is no JSON pointer`);
  if (required.includes('from') && !isPointer(from)) {
    throw unprocessable(`operation ${index} of the JSON patch: from is no JSON pointer`);
  }
}

/** Runs one operation and returns the number of bytes that it copied. */
function run(holder: Holder, asWritten: Operation, copiedBefore: number): number {
  const operation = withAbsolutePointers(holder, asWritten);
  switch (operation.op) {
    case 'test': {
      const { value } = resolvePointer(holder.root, operation.path);
      // A missing member equals null, as upstream has it.
      if (!isDeepStrictEqual(value ?? null, operation.value)) throw new FailedTestError('the value differs');
      return 0;
    }
    case 'replace': {
      const { parent, value } = resolvePointer(holder.root, operation.path);
      // As upstream's library does: a missing member is added.
      if (value === undefined && !isMap(parent)) existing(holder, operation.path);
      put(holder, operation.path, operation.value, 'replace');
      return 0;
    }
    case 'remove':
      existing(holder, operation.path);
      remove(holder, operation.path);
      return 0;
    case 'add':
      put(holder, operation.path, operation.value, 'add');
      return 0;
    case 'copy': {
      resolvePointer(holder.root, operation.path);
      const value = existing(holder, operation.from);
      const copied = Buffer.byteLength(JSON.stringify(value));
      if (copiedBefore + copied > MAX_COPIED_BYTES) {
        throw new PointerError(`copied values exceed the limit of ${MAX_COPIED_BYTES} bytes`);
      }
      put(holder, operation.path, copyJson(value), 'add');
      return copied;
    }
    case 'move': {
      const value = existing(holder, operation.from);
      if (operation.path.startsWith(`${operation.from}/`)) throw new PointerError('a value cannot move into itself');
      remove(holder, operation.from);
      put(holder, operation.path, value, 'add');
      return 0;
    }
  }
}

/** Puts a value at a place. An added one is inserted into a list, or set in a map; `-` is behind the last item. */
function put(holder: Holder, pointer: string, value: unknown, how: 'add' | 'replace'): void {
  const { parent, key } = resolvePointer(holder.root, pointer);
  if (isMap(parent)) parent[key] = value;
  else if (!Array.isArray(parent)) holder.root = value;
  else parent.splice(key === '-' ? parent.length : Number(key), how === 'replace' ? 1 : 0, value);
}

function remove(holder: Holder, pointer: string): void {
  const { parent, key } = resolvePointer(holder.root, pointer);
  if (isMap(parent)) delete parent[key];
  else if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else holder.root = undefined;
}

/** Negative indexes count from the end of a list, as in upstream's library. */
function withAbsolutePointers({ root }: Holder, operation: Operation): Operation {
  const adds = operation.op === 'add' || operation.op === 'copy';
  // The target of a move is looked up after the value was removed from its list.
  const path = operation.op === 'move' ? operation.path : absolutePointer(root, operation.path, adds);
  return 'from' in operation
    ? { ...operation, path, from: absolutePointer(root, operation.from, false) }
    : { ...operation, path };
}

function existing(holder: Holder, pointer: string): unknown {
  const { value } = resolvePointer(holder.root, pointer);
  if (value === undefined) throw new PointerError(`the path ${pointer} does not exist`);
  return value;
}

function asRefusal(operation: Operation, error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return unprocessable(`${operation.op} operation at "${operation.path}" failed: ${reason}`, error);
}
