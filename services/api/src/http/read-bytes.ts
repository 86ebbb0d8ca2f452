import {
  ApiError,
  checkValues,
  type Decoded,
  type DecodeTarget,
  decodeObject,
  type FieldValidation,
  type ParsedBody,
  parseBody,
  typeOfKind,
} from '@everynode/objects';
import { MAX_JSON_PATCH_OPERATIONS } from '@everynode/patch';
import { decodeMessage } from '../protobuf/codec.js';
import { unwrap } from '../protobuf/envelope.js';
import { messageOfSchema } from '../protobuf/message-facts.js';
import type { Encoding } from './negotiate.js';

/** How a body becomes an object. */
export interface Decoding {
  target: DecodeTarget;
  fieldValidation: FieldValidation;
}

/**
 * Reads bytes of any format as a JSON value. `schema` is the type of protobuf bytes that name none.
 * @throws ApiError BadRequest, RequestEntityTooLarge.
 */
export function parseBytes(bytes: Buffer, format: Encoding, schema: string): ParsedBody {
  const parsed =
    format === 'protobuf'
      ? parseProtobuf(bytes, schema)
      : parseBody(bytes.toString(), format, schema.slice(schema.lastIndexOf('.') + 1));
  if (!isRefusedByLength(parsed.value, schema)) checkValues(parsed.value, bytes.length);
  return parsed;
}

/** A JSON patch, which has no schema, is refused by the number of its operations, in other words. */
const isRefusedByLength = (value: unknown, schema: string): boolean =>
  schema === '' && Array.isArray(value) && value.length > MAX_JSON_PATCH_OPERATIONS;

/** Reads bytes of any format as an object. @throws ApiError BadRequest, RequestEntityTooLarge. */
export function decodeBytes(bytes: Buffer, format: Encoding, { target, fieldValidation }: Decoding): Decoded {
  return decodeObject(parseBytes(bytes, format, target.schema), target, fieldValidation);
}

function parseProtobuf(bytes: Buffer, schema: string): ParsedBody {
  try {
    const { apiVersion, kind, raw } = unwrap(bytes);
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    const message = messageOfSchema(typeOfKind(group, version, kind) ?? schema);
    if (message === undefined) throw new Error(`no protobuf message is known for ${kind}`);
    const value = { ...(decodeMessage(message, raw) as object), apiVersion, kind };
    return { value, strict: () => ({ errors: [], warnings: [] }) };
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ApiError('BadRequest', `the body of the request is no protobuf object: ${reason}`, undefined, { cause });
  }
}
