import type { Declared } from '@everynode/cel';
import { escaped } from './escaped.js';
import { type Schema, withTypeMeta } from './schema.js';

/** What expressions know of the values of a schema. */
export interface DeclaredType extends Declared {
  /** The name of the type in expressions; undefined for objects and lists, which have one each. */
  readonly type?: string;
  readonly element?: DeclaredType | undefined;
  readonly fields?: ReadonlyMap<string, DeclaredType>;
  /** The fewest bytes of a value as JSON. */
  readonly least: number;
}

/** In bytes. Source: apiserver pkg/cel/limits.go. */
const MAX_REQUEST = 3 * 1024 * 1024;

const TEXT: DeclaredType = { kind: 'text', type: 'string', most: MAX_REQUEST - 2, least: 2 };
/** As upstream, which takes the keys of maps for empty texts. */
const KEY: DeclaredType = { ...TEXT, most: 0 };
const scalar = (type: string, least: number, most = 1): DeclaredType => ({ kind: 'scalar', type, most, least });
const SCALARS: Readonly<Record<string, DeclaredType>> = {
  boolean: scalar('bool', 4),
  number: scalar('double', 1),
  integer: scalar('int', 1),
};
const TIMES: Readonly<Record<string, DeclaredType>> = {
  date: scalar('google.protobuf.Timestamp', 12, 12),
  'date-time': scalar('google.protobuf.Timestamp', 21, 32),
  duration: scalar('google.protobuf.Duration', 3, 32),
};

/**
 * What is declared of a schema's values; undefined for those that expressions do not see.
 * Source: apiserver pkg/cel/common/schemas.go, SchemaDeclType.
 */
export function declaredOf(
  schema: Schema,
  isRoot = schema['x-kubernetes-embedded-resource'] === true,
): DeclaredType | undefined {
  if (schema['x-kubernetes-int-or-string']) return { kind: 'text', type: 'dyn', most: lengthOf(schema), least: 1 };
  const { type = '', format = '' } = schema;
  if (type === 'array') return ofList(schema);
  if (type === 'object') return ofObject(isRoot ? withTypeMeta(schema) : schema);
  if (type !== 'string') return SCALARS[type];
  if (Object.hasOwn(TIMES, format)) return TIMES[format];
  if (format === 'byte') return { ...TEXT, type: 'bytes', most: schema.maxLength ?? TEXT.most };
  return { ...TEXT, most: lengthOf(schema) };
}

/** In bytes: a character has up to four. */
function lengthOf({ maxLength, enum: values }: Schema): number {
  if (maxLength !== undefined) return Math.max(0, maxLength) * 4;
  if (!values?.length) return TEXT.most;
  return Math.max(...values.map((one) => (typeof one === 'string' ? Buffer.byteLength(one) : 0)));
}

function ofList({ items, maxItems }: Schema): DeclaredType | undefined {
  const element = items && declaredOf(items);
  if (!element) return undefined;
  const most = maxItems === undefined ? Math.floor((MAX_REQUEST - 2) / (element.least + 1)) : Math.max(0, maxItems);
  return { kind: 'list', most, least: 2, element };
}

function ofObject({
  additionalProperties,
  maxProperties,
  properties = {},
  required = [],
}: Schema): DeclaredType | undefined {
  if (typeof additionalProperties === 'object') {
    const element = declaredOf(additionalProperties);
    if (!element) return undefined;
    const most =
      maxProperties === undefined ? Math.floor((MAX_REQUEST - 2) / (element.least + 6)) : Math.max(0, maxProperties);
    return { kind: 'map', most, least: 2, element, key: KEY };
  }
  const fields = new Map<string, DeclaredType>();
  let least = 2;
  const needed = new Set(required);
  for (const [name, member] of Object.entries(properties)) {
    const declared = declaredOf(member);
    if (!declared) continue;
    const text = escaped(name);
    if (text !== undefined) fields.set(text, declared);
    if (needed.has(name) && member.default === undefined) least += name.length + declared.least + 4;
  }
  return { kind: 'object', most: 1, least, fields };
}

/** How often a value of this size can be in one request. */
export const mostInRequest = ({ least }: DeclaredType): number => Math.floor(MAX_REQUEST / (least + 1));
