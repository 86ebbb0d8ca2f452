import protobuf from 'protobufjs/minimal.js';
import { decodeMessage, encodeMessage } from './codec.js';
import { rawFields } from './special-messages.js';

/** Where every object in this form begins; what follows is a runtime.Unknown. Source: runtime/serializer/protobuf. */
const MAGIC = Buffer.from('k8s\0');
const TYPE_META = 'k8s.io.apimachinery.pkg.runtime.TypeMeta';
const NONE = new Uint8Array();

export interface TypeMeta {
  apiVersion: string;
  kind: string;
}

/** Wraps an encoded message in the form that clients are sent. */
export function wrap({ apiVersion, kind }: TypeMeta, raw: Uint8Array): Buffer {
  const writer = protobuf.Writer.create();
  writer.uint32(10).fork().uint32(10).string(apiVersion).uint32(18).string(kind).ldelim();
  writer.uint32(18).bytes(raw).uint32(26).string('').uint32(34).string('');
  return Buffer.concat([MAGIC, writer.finish()]);
}

/** What a client sent: which type it says it is, and the bytes of its message. @throws Error for anything else. */
export function unwrap(bytes: Uint8Array): TypeMeta & { raw: Uint8Array } {
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.length))) throw new Error('the body does not begin with the prefix k8s\\0');
  const reader = protobuf.Reader.create(bytes.subarray(MAGIC.length));
  const unknown = rawFields(reader, reader.len);
  const [typeMeta, raw] = [unknown.get(1), unknown.get(2)].map((field) => (field instanceof Uint8Array ? field : NONE));
  const { apiVersion = '', kind = '' } = decodeMessage(TYPE_META, typeMeta ?? NONE) as Partial<TypeMeta>;
  return { apiVersion, kind, raw: raw ?? NONE };
}

/** A list of one kind from its items' messages, which are put in as they are: the whole body, an item a piece. */
export function* listPieces(
  { apiVersion, kind }: TypeMeta,
  meta: object,
  items: readonly Uint8Array[],
): Generator<Buffer> {
  const listMeta = protobuf.Writer.create()
    .uint32(10)
    .bytes(encodeMessage('k8s.io.apimachinery.pkg.apis.meta.v1.ListMeta', meta))
    .finish();
  const tags = items.map((item) => protobuf.Writer.create().uint32(18).uint32(item.length).finish());
  let length = listMeta.length;
  for (let i = 0; i < items.length; i += 1) length += (tags[i]?.length ?? 0) + (items[i]?.length ?? 0);
  const head = protobuf.Writer.create();
  head.uint32(10).fork().uint32(10).string(apiVersion).uint32(18).string(kind).ldelim();
  head.uint32(18).uint32(length);
  yield Buffer.concat([MAGIC, head.finish(), listMeta]);
  for (let i = 0; i < items.length; i += 1) yield Buffer.concat([tags[i] as Uint8Array, items[i] as Uint8Array]);
  yield Buffer.from(protobuf.Writer.create().uint32(26).string('').uint32(34).string('').finish());
}

/**
 * One event of a watch: its length in four bytes, most significant first, and a WatchEvent without the prefix, whose object
 * has it. Source: runtime/serializer/protobuf, the raw serializer and the length-delimited framer.
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
