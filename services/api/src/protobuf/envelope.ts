import protobuf from 'protobufjs/minimal.js';
import { decodeMessage, encodeMember } from './codec.js';
import { rawFields } from './special-messages.js';

/** The first bytes of every object in this form; a runtime.Unknown follows. Source: runtime/serializer/protobuf. */
const MAGIC = Buffer.from('k8s\0');
const TYPE_META = 'k8s.io.apimachinery.pkg.runtime.TypeMeta';
const NONE = new Uint8Array();

export interface TypeMeta {
  apiVersion: string;
  kind: string;
}

/** Wraps an encoded message in the form that is sent to clients. */
export function wrap({ apiVersion, kind }: TypeMeta, raw: Uint8Array): Buffer {
  const writer = protobuf.Writer.create();
  writer.uint32(10).fork().uint32(10).string(apiVersion).uint32(18).string(kind).ldelim();
  writer.uint32(18).bytes(raw).uint32(26).string('').uint32(34).string('');
  return Buffer.concat([MAGIC, writer.finish()]);
}

/** Reads a client's object: its type, and the bytes of its message. @throws Error for bytes of another form. */
export function unwrap(bytes: Uint8Array): TypeMeta & { raw: Uint8Array } {
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.length))) throw new Error('the body does not begin with the prefix k8s\\0');
  const reader = protobuf.Reader.create(bytes.subarray(MAGIC.length));
  const unknown = rawFields(reader, reader.len);
  const [typeMeta, raw] = [unknown.get(1), unknown.get(2)].map((field) => (field instanceof Uint8Array ? field : NONE));
  const { apiVersion = '', kind = '' } = decodeMessage(TYPE_META, typeMeta ?? NONE) as Partial<TypeMeta>;
  return { apiVersion, kind, raw: raw ?? NONE };
}

/** The number of the items' field, in every list. */
export const ITEMS = 2;

/** The bytes before the items of a list. `length` is that of all items, each with its tag and length. */
export function listHead({ apiVersion, kind }: TypeMeta, meta: object, length: number): Buffer {
  const listMeta = encodeMember(1, 'k8s.io.apimachinery.pkg.apis.meta.v1.ListMeta', meta);
  const head = protobuf.Writer.create();
  head.uint32(10).fork().uint32(10).string(apiVersion).uint32(18).string(kind).ldelim();
  head.uint32(18).uint32(listMeta.length + length);
  return Buffer.concat([MAGIC, head.finish(), listMeta]);
}

/** The bytes after the items: no encoding, no content type. */
export const LIST_TAIL = Buffer.from(protobuf.Writer.create().uint32(26).string('').uint32(34).string('').finish());

/**
 * One event of a watch: its length in four bytes, most significant first, and a WatchEvent. The event has no prefix;
 * its object has one. Source: runtime/serializer/protobuf, the raw serializer and the length-delimited framer.
 */
export function watchFrame(type: string, object: Uint8Array): Buffer {
  const writer = protobuf.Writer.create();
  writer.uint32(10).string(type).uint32(18).fork().uint32(10).bytes(object).ldelim();
  const event = writer.finish();
  const frame = Buffer.allocUnsafe(4 + event.length);
  frame.writeUInt32BE(event.length);
  frame.set(event, 4);
  return frame;
}
