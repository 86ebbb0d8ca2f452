import {
  ApiError,
  type Decoded,
  type DecodeTarget,
  decodeObject,
  type FieldValidation,
  type ParsedBody,
  parseBody,
  typeOfKind,
} from '@everynode/objects';
import type { FastifyRequest } from 'fastify';
import { decodeMessage } from '../protobuf/codec.js';
import { unwrap } from '../protobuf/envelope.js';
import { messageOfSchema } from '../protobuf/message-facts.js';
import { bodyFormat } from './negotiate.js';

/** A request's body with its content type. */
export class Body {
  #text: string | undefined;

  constructor(
    readonly bytes: Buffer,
    readonly contentType: string | undefined,
  ) {}

  get text(): string {
    this.#text ??= this.bytes.toString();
    return this.#text;
  }

  get isEmpty(): boolean {
    return this.bytes.length === 0 || this.text.trim() === '';
  }
}

/** The body that the content type parser has left on the request. */
export function bodyOf({ body, headers }: FastifyRequest): Body {
  return new Body(Buffer.isBuffer(body) ? body : Buffer.alloc(0), headers['content-type']);
}

/** Reads an object of a type. `warnings` are for Warning headers. */
export function readObject(body: Body, target: DecodeTarget, fieldValidation: FieldValidation): Decoded {
  return decodeObject(readValue(body, target.schema), target, fieldValidation);
}

/** Reads a body of any format as a JSON value. `schema` is the type of protobuf bytes that name none. */
export function readValue(body: Body, schema: string): ParsedBody {
  const format = bodyFormat(body.contentType);
  return format === 'protobuf'
    ? readProtobuf(body.bytes, schema)
    : parseBody(body.text, format, schema.slice(schema.lastIndexOf('.') + 1));
}

function readProtobuf(bytes: Buffer, schema: string): ParsedBody {
  try {
    const { apiVersion, kind, raw } = unwrap(bytes);
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    const message = messageOfSchema(typeOfKind(group, version, kind) ?? schema);
    if (message === undefined) throw new Error(`no protobuf message is known for ${kind}`);
    const value = { ...(decodeMessage(message, raw) as object), apiVersion, kind };
    return { value, strict: () => ({ errors: [], warnings: [] }) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ApiError('BadRequest', `the body of the request is no protobuf object: ${reason}`, undefined, { cause });
  }
}
