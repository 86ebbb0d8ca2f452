import {
  ApiError,
  type Decoded,
  type DecodeTarget,
  decodeObject,
  type FieldValidation,
  isCustomType,
  type ParsedBody,
} from '@everynode/objects';
import type { FastifyRequest } from 'fastify';
import type { BodyClient, BodyThreads } from './body-threads.js';
import { bodyFormat, type Encoding } from './negotiate.js';
import { decodeBytes, parseBytes } from './read-bytes.js';

/** Bodies of more bytes are read in a thread. YAML always is. Protobuf has most values for its bytes. */
const LIGHT_BYTES: Readonly<Record<Encoding, number>> = { json: 256 * 1024, protobuf: 64 * 1024, yaml: 0 };
/** JSON with more commas is read in a thread: a value takes the time of a hundred bytes. */
const LIGHT_COMMAS = 2000;

/** A request's body with its content type. */
export class Body {
  #text: string | undefined;

  constructor(
    readonly bytes: Buffer,
    readonly contentType: string | undefined,
    readonly client: BodyClient,
    readonly threads: BodyThreads,
  ) {}

  get text(): string {
    this.#text ??= this.bytes.toString();
    return this.#text;
  }

  get isEmpty(): boolean {
    return this.bytes.length === 0 || this.text.trim() === '';
  }

  isLightAs(format: Encoding): boolean {
    return this.bytes.length <= LIGHT_BYTES[format] && (format !== 'json' || !hasManyCommas(this.bytes));
  }
}

function hasManyCommas(bytes: Buffer): boolean {
  if (bytes.length <= LIGHT_COMMAS) return false;
  let left = LIGHT_COMMAS;
  for (const byte of bytes) {
    if (byte === COMMA) left -= 1;
    if (left < 0) return true;
  }
  return false;
}

const COMMA = 0x2c;
const NO_BYTES = Buffer.alloc(0);

/** The body that the content type parser has left on the request. */
export function bodyOf({ body, headers, work }: FastifyRequest, threads: BodyThreads): Body {
  if (!work) throw new Error('a body is read before its request has a seat');
  return new Body(Buffer.isBuffer(body) ? body : NO_BYTES, headers['content-type'], work, threads);
}

/**
 * Reads an object of a type. `warnings` are for Warning headers.
 * @throws ApiError BadRequest, RequestEntityTooLarge, UnsupportedMediaType, TooManyRequests.
 */
export async function readObject(body: Body, target: DecodeTarget, fieldValidation: FieldValidation): Promise<Decoded> {
  const format = bodyFormat(body.contentType);
  const decoding = { target, fieldValidation };
  if (body.isLightAs(format)) return decodeBytes(body.bytes, format, decoding);
  // Threads do not know the types that clients have defined: they read the value alone.
  if (isCustomType(target.schema))
    return decodeObject(await readValue(body, target.schema, format), target, fieldValidation);
  return await body.threads.decode(body.client, { bytes: body.bytes, format }, decoding);
}

/**
 * Reads a body of any format as a JSON value. `schema` is the type of protobuf bytes that name none.
 * @throws ApiError as readObject.
 */
export async function readValue(
  body: Body,
  schema: string,
  format = bodyFormat(body.contentType),
): Promise<ParsedBody> {
  if (body.isLightAs(format)) return parseBytes(body.bytes, format, schema);
  return await body.threads.parse(body.client, { bytes: body.bytes, format, schema });
}

/** Reads a body of YAML. Most of it is JSON, which needs no thread where it is short and says nothing twice. */
export async function readYaml(body: Body): Promise<ParsedBody> {
  if (body.isLightAs('json') && body.text.startsWith('{')) {
    const parsed = jsonOf(body);
    if (parsed && parsed.strict().errors.length === 0) return parsed;
  }
  return await readValue(body, '', 'yaml');
}

function jsonOf({ bytes }: Body): ParsedBody | undefined {
  try {
    return parseBytes(bytes, 'json', '');
  } catch (error) {
    if (error instanceof ApiError && error.reason === 'BadRequest') return undefined;
    throw error;
  }
}
