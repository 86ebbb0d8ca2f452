import { ValueCount } from '@everynode/objects';
import protobuf from 'protobufjs/minimal.js';
import { type MessageField, messageFacts, type Scalar, type ValueType } from './message-facts.js';
import { type RawField, rawFields, SPECIAL_MESSAGES, TEXT_LISTS, UNION_MESSAGES } from './special-messages.js';

type JsonObject = Record<string, unknown>;
/** A few bytes can be many values. */
type CountingReader = protobuf.Reader & { values: ValueCount; depth: number };

/** Schemas hold schemas. What is deeper cannot be walked through. */
const MAX_DEPTH = 500;

const WIRE: Readonly<Record<Scalar, number>> = { bool: 0, int32: 0, int64: 0, double: 1, string: 2, bytes: 2 };
const wireOf = (type: ValueType): number => ('scalar' in type ? WIRE[type.scalar] : 2);
const tagOf = (field: MessageField, wire: number): number => (field.number << 3) | wire;

/**
 * Encodes a JSON object of the Kubernetes API as a protobuf message. Members that the message does not have, and null,
 * are left out. `message` is a full name: `k8s.io.api.core.v1.Pod`.
 */
export function encodeMessage(message: string, value: unknown): Uint8Array {
  const writer = protobuf.Writer.create();
  writeMessage(message, value, writer);
  return writer.finish();
}

function memberWriter(number: number, message: string, value: unknown): protobuf.Writer {
  const writer = protobuf.Writer.create();
  writer.uint32((number << 3) | 2).fork();
  writeMessage(message, value, writer);
  return writer.ldelim();
}

/** Encodes a message as a field of another message: the field's tag, the length, and the message. */
export function encodeMember(number: number, message: string, value: unknown): Uint8Array {
  return memberWriter(number, message, value).finish();
}

/** The number of bytes that encodeMember would return, without encoding. */
export function memberLength(number: number, message: string, value: unknown): number {
  return memberWriter(number, message, value).len;
}

function writeMessage(message: string, value: unknown, writer: protobuf.Writer): void {
  const special = SPECIAL_MESSAGES.get(message);
  const union = UNION_MESSAGES.get(message);
  if (special) special.write(value, writer);
  else if (union) writeFields(message, union.fieldsOf(value), writer);
  else if (TEXT_LISTS.has(message)) writeFields(message, { items: value }, writer);
  else writeFields(message, value as JsonObject, writer);
}

function writeFields(message: string, object: JsonObject, writer: protobuf.Writer): void {
  for (const field of messageFacts(message).fields) {
    const value = field.embedded ? object : object[field.member];
    if (value === undefined || value === null) continue;
    switch (field.label) {
      case 'one':
        writeValue(field, value, writer);
        break;
      case 'repeated':
        for (const item of value as unknown[]) writeValue(field, item, writer);
        break;
      case 'map':
        for (const [key, item] of Object.entries(value)) {
          writer.uint32(tagOf(field, 2)).fork().uint32(MAP_KEY).string(key);
          writeValue({ ...field, number: 2 }, item, writer);
          writer.ldelim();
        }
        break;
    }
  }
}

const MAP_KEY = (1 << 3) | 2;

function writeValue(field: MessageField, value: unknown, writer: protobuf.Writer): void {
  const { type } = field;
  writer.uint32(tagOf(field, wireOf(type)));
  if ('message' in type) {
    writer.fork();
    writeMessage(type.message, value, writer);
    writer.ldelim();
    return;
  }
  switch (type.scalar) {
    case 'string':
      writer.string(String(value));
      break;
    case 'bytes':
      writer.bytes(Buffer.from(String(value), 'base64'));
      break;
    case 'bool':
      writer.bool(value === true);
      break;
    case 'int32':
      writer.int32(Number(value));
      break;
    case 'int64':
      writer.int64(Number(value));
      break;
    case 'double':
      writer.double(Number(value));
      break;
  }
}

/**
 * Decodes a message to the JSON object that Go would write for it, except for zero values: Go's clients send them for
 * every field that is no pointer. They are kept here, and dropped later as from any client's JSON. Unknown fields are
 * skipped. @throws Error for bytes that are no such message, ApiError RequestEntityTooLarge for too many values.
 */
export function decodeMessage(message: string, bytes: Uint8Array): unknown {
  const reader = Object.assign(protobuf.Reader.create(bytes), { values: new ValueCount(), depth: 0 });
  return readMessage(message, reader, reader.len);
}

function readMessage(message: string, reader: CountingReader, end: number): unknown {
  if (end > reader.len) throw new RangeError(`${message} ends after its bytes do`);
  const special = SPECIAL_MESSAGES.get(message);
  if (special) return special.read(rawFields(reader, end));
  reader.depth += 1;
  if (reader.depth > MAX_DEPTH) throw new RangeError('exceeded max depth');
  const object = readFields(message, reader, end);
  reader.depth -= 1;
  const union = UNION_MESSAGES.get(message);
  if (union) return union.valueOf(object);
  return TEXT_LISTS.has(message) ? (object.items ?? []) : object;
}

function readFields(message: string, reader: CountingReader, end: number): JsonObject {
  const { byNumber } = messageFacts(message);
  // Pairs first: a label may be named `__proto__`, which only Object.fromEntries sets like any other member.
  const maps = new Map<string, [string, unknown][]>();
  const object: JsonObject = {};
  while (reader.pos < end) {
    reader.values.add();
    const key = reader.uint32();
    const field = byNumber.get(key >>> 3);
    const wire = key & 7;
    if (!field) reader.skipType(wire);
    else if (field.label === 'map') {
      const pairs = maps.get(field.member) ?? [];
      maps.set(field.member, pairs);
      pairs.push(readPair(field, reader));
    } else if (field.label === 'repeated') {
      const items = (object[field.member] ?? []) as unknown[];
      object[field.member] = items;
      for (const item of readItems(field, wire, reader)) items.push(item);
    } else {
      const value = readValue(field, wire, reader);
      if (field.embedded) Object.assign(object, value);
      else if (value !== undefined) object[field.member] = value;
    }
  }
  for (const [member, pairs] of maps) object[member] = Object.fromEntries(pairs);
  return object;
}

function readPair(field: MessageField, reader: CountingReader): [string, unknown] {
  const end = reader.uint32() + reader.pos;
  let key = '';
  let value: unknown;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = reader.string();
    else if (tag >>> 3 === 2) value = readValue(field, tag & 7, reader);
    else reader.skipType(tag & 7);
  }
  return [key, value ?? emptyValue(field.type)];
}

/** The value of a map's pair that has none on the wire. */
function emptyValue(type: ValueType): unknown {
  if ('scalar' in type) return '';
  const special = SPECIAL_MESSAGES.get(type.message);
  if (special) return special.read(new Map<number, RawField>());
  return TEXT_LISTS.has(type.message) ? [] : {};
}

/** The items of one occurrence of a repeated field: numbers may be packed together. */
function* readItems(field: MessageField, wire: number, reader: CountingReader): Generator<unknown> {
  if (wire !== 2 || wireOf(field.type) === 2) {
    yield readValue(field, wire, reader);
    return;
  }
  const end = reader.uint32() + reader.pos;
  while (reader.pos < end) {
    reader.values.add();
    yield readValue(field, 0, reader);
  }
}

function readValue(field: MessageField, wire: number, reader: CountingReader): unknown {
  const { type } = field;
  if (wire !== wireOf(type)) throw new TypeError(`wrong wireType = ${wire} for field ${field.member}`);
  if ('message' in type) {
    const end = reader.uint32() + reader.pos;
    return readMessage(type.message, reader, end);
  }
  switch (type.scalar) {
    case 'string':
      return reader.string();
    case 'bytes':
      return Buffer.from(reader.bytes()).toString('base64');
    case 'bool':
      return reader.bool();
    case 'int32':
      return reader.int32();
    case 'int64':
      return Number(reader.int64());
    case 'double':
      return reader.double();
  }
}
