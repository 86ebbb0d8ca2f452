import { canonicalJson } from '@everynode/objects';
import type { Reader, Writer } from 'protobufjs/minimal.js';

/** A message that is no object of its fields in JSON. */
export interface SpecialMessage {
  /** Writes the fields of the message. */
  write(value: unknown, writer: Writer): void;
  /** Returns the JSON value of a message with these fields; undefined where JSON would leave it out. */
  read(fields: ReadonlyMap<number, RawField>): unknown;
}

/** A field as it is on the wire: a varint as a number, or bytes. */
export type RawField = number | Uint8Array;

const EXTENSIONS = 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1';
const META = 'k8s.io.apimachinery.pkg.apis.meta.v1';
const VARINT = 0;
const BYTES = 2;
const tag = (number: number, wire: number): number => (number << 3) | wire;

const text = (field: RawField | undefined): string =>
  field instanceof Uint8Array ? Buffer.from(field.buffer, field.byteOffset, field.byteLength).toString() : '';
const integer = (field: RawField | undefined): number => (typeof field === 'number' ? field : 0);

function writeTime(value: unknown, writer: Writer, micro: boolean): void {
  const text = String(value);
  const ms = Date.parse(text);
  writer.uint32(tag(1, VARINT)).int64(Math.floor(ms / 1000));
  const fraction = micro ? (/\.(\d+)/.exec(text)?.[1] ?? '') : '';
  writer.uint32(tag(2, VARINT)).int32(Number(fraction.slice(0, 6).padEnd(6, '0')) * 1000);
}

/** A time without fields is Go's zero time, which is null in JSON. */
const time = (micro: boolean): SpecialMessage => ({
  write: (value, writer) => writeTime(value, writer, micro),
  read: (fields) => {
    if (fields.size === 0) return undefined;
    const seconds = integer(fields.get(1));
    const moment = new Date(seconds * 1000);
    if (Number.isNaN(moment.getTime())) throw new RangeError(`${seconds} s is no time`);
    const iso = moment.toISOString();
    if (!micro) return iso.replace('.000', '');
    const micros = Math.floor(integer(fields.get(2)) / 1000);
    return iso.replace('.000', `.${String(micros).padStart(6, '0')}`);
  },
});

/** JSON text inside a message, as Go writes it: clients compare a revision's `data` byte for byte. */
const embeddedJson: SpecialMessage = {
  write: (value, writer) => {
    writer.uint32(tag(1, BYTES)).bytes(Buffer.from(canonicalJson(value)));
  },
  read: (fields) => {
    const json = text(fields.get(1));
    return json === '' ? undefined : (JSON.parse(json) as unknown);
  },
};

const quantity: SpecialMessage = {
  write: (value, writer) => {
    writer.uint32(tag(1, BYTES)).string(String(value));
  },
  read: (fields) => text(fields.get(1)) || '0',
};

/** Source: apimachinery/pkg/util/intstr: type 0 is a number, 1 a text. */
const intOrString: SpecialMessage = {
  write: (value, writer) => {
    const isText = typeof value === 'string';
    writer.uint32(tag(1, VARINT)).int64(isText ? 1 : 0);
    writer.uint32(tag(2, VARINT)).int32(isText ? 0 : Number(value));
    writer.uint32(tag(3, BYTES)).string(isText ? value : '');
  },
  read: (fields) => (integer(fields.get(1)) === 1 ? text(fields.get(3)) : integer(fields.get(2)) | 0),
};

/** By message name. */
export const SPECIAL_MESSAGES: ReadonlyMap<string, SpecialMessage> = new Map([
  [`${META}.Time`, time(false)],
  [`${META}.MicroTime`, time(true)],
  [`${META}.FieldsV1`, embeddedJson],
  ['k8s.io.apimachinery.pkg.runtime.RawExtension', embeddedJson],
  [`${EXTENSIONS}.JSON`, embeddedJson],
  ['k8s.io.apimachinery.pkg.api.resource.Quantity', quantity],
  ['k8s.io.apimachinery.pkg.util.intstr.IntOrString', intOrString],
]);

/** A message whose value in JSON is one of its fields. */
export interface UnionMessage {
  /** Returns the fields for a value. */
  fieldsOf(value: unknown): Record<string, unknown>;
  valueOf(fields: Readonly<Record<string, unknown>>): unknown;
}

const schemaOrList = (list: string): UnionMessage => ({
  fieldsOf: (value) => (Array.isArray(value) ? { [list]: value } : { schema: value }),
  valueOf: (fields) => fields.schema ?? fields[list],
});

/** Source: apiextensions-apiserver pkg/apis/apiextensions/v1/marshal.go. */
export const UNION_MESSAGES: ReadonlyMap<string, UnionMessage> = new Map([
  [
    `${EXTENSIONS}.JSONSchemaPropsOrBool`,
    {
      fieldsOf: (value) => (typeof value === 'boolean' ? { allows: value } : { allows: true, schema: value }),
      valueOf: ({ schema, allows }) => schema ?? allows ?? false,
    },
  ],
  [`${EXTENSIONS}.JSONSchemaPropsOrArray`, schemaOrList('jSONSchemas')],
  [`${EXTENSIONS}.JSONSchemaPropsOrStringArray`, schemaOrList('property')],
]);

/** Messages with one list, `items`. In JSON they are that list. */
export const TEXT_LISTS: ReadonlySet<string> = new Set([
  `${META}.Verbs`,
  'k8s.io.api.authentication.v1.ExtraValue',
  'k8s.io.api.authorization.v1.ExtraValue',
  'k8s.io.api.certificates.v1.ExtraValue',
]);

/** Reads all fields of a special message; the last of each number counts. */
export function rawFields(reader: Reader, end: number): Map<number, RawField> {
  const fields = new Map<number, RawField>();
  while (reader.pos < end) {
    const key = reader.uint32();
    if ((key & 7) === VARINT) fields.set(key >>> 3, Number(reader.int64()));
    else if ((key & 7) === BYTES) fields.set(key >>> 3, reader.bytes());
    else reader.skipType(key & 7);
  }
  return fields;
}
