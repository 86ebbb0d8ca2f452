import { setMember } from '../copy-value.js';
import { keptQuantity, QuantityError } from '../quantity/index.js';
import {
  type FieldFacts,
  goFieldOf,
  goTextOf,
  INT_OR_STRING,
  lookupType,
  MICRO_TIME,
  QUANTITY,
  TIME,
  type TypeFacts,
  type ValueFacts,
  writesNullTime,
} from '../schema/index.js';
import { DecodeError, DecodePosition, jsonKind } from './decode-error.js';
import { remembered } from './remembered.js';
import { canonicalMicroTime, canonicalTime } from './time.js';

/**
 * How values of one type are read. `read` takes any value but null and returns the canonical value. `zero` returns what
 * Go has for a missing or null value of this type. `isZero` is true for the canonical values that `omitempty` leaves
 * out.
 */
interface Reader {
  readonly goType: string;
  read(value: unknown, position: DecodePosition): unknown;
  zero(): unknown;
  isZero(value: unknown): boolean;
}

interface FieldReader {
  readonly name: string;
  /** The name in errors. */
  readonly goName: string;
  readonly reader: Reader;
  /** Written even when the client left it out. */
  readonly always: boolean;
  /** An explicit zero value is kept. */
  readonly kept: boolean;
}

const never = (): boolean => false;
const nothing = (): undefined => undefined;

const STRING: Reader = {
  goType: 'string',
  read(value, position) {
    if (typeof value !== 'string') throw position.mismatch(jsonKind(value), this.goType);
    return value;
  },
  zero: () => '',
  isZero: (value) => value === '',
};

const BOOLEAN: Reader = {
  goType: 'bool',
  read(value, position) {
    if (typeof value !== 'boolean') throw position.mismatch(jsonKind(value), this.goType);
    return value;
  },
  zero: () => false,
  isZero: (value) => value === false,
};

function integerReader(goType: 'int32' | 'int64'): Reader {
  const limit = goType === 'int32' ? 2 ** 31 : 2 ** 63;
  return {
    goType,
    read(value, position) {
      if (typeof value !== 'number') throw position.mismatch(jsonKind(value), goType);
      // 2^63 is a double and the greatest int64 is not, so this number was rounded up to 2^63.
      if (!Number.isInteger(value) || value < -limit || (goType === 'int32' ? value >= limit : value > limit)) {
        throw position.mismatch(`number ${value}`, goType);
      }
      return value === 0 ? 0 : value;
    },
    zero: () => 0,
    isZero: (value) => value === 0,
  };
}

const NUMBER: Reader = {
  goType: 'float64',
  read(value, position) {
    if (typeof value !== 'number') throw position.mismatch(jsonKind(value), this.goType);
    return value;
  },
  zero: () => 0,
  isZero: (value) => value === 0,
};

const INT32 = integerReader('int32');
const INT64 = integerReader('int64');

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const BYTES: Reader = {
  goType: '[]uint8',
  read(value, position) {
    if (typeof value !== 'string') throw position.mismatch(jsonKind(value), this.goType);
    const text = value.replace(/[\r\n]/g, '');
    if (!BASE64.test(text)) {
      const wrong = text.search(/[^A-Za-z0-9+/]/);
      throw new DecodeError(
        `illegal base64 data at input byte ${wrong === -1 ? text.length - (text.length % 4) : wrong}`,
        true,
      );
    }
    return text;
  },
  zero: () => '',
  isZero: (value) => value === '',
};

const TIME_READER: Reader = {
  goType: 'string',
  read: (value, position) => canonicalTime(STRING.read(value, position) as string) || null,
  zero: () => null,
  isZero: never,
};

const MICRO_TIME_READER: Reader = {
  goType: 'string',
  read: (value, position) => canonicalMicroTime(STRING.read(value, position) as string) || null,
  zero: () => null,
  isZero: never,
};

const canonicalQuantity = remembered(keptQuantity);

const QUANTITY_READER: Reader = {
  goType: 'resource.Quantity',
  read(value) {
    // Upstream passes any text on, and the grammar of quantities refuses it.
    const text = typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value);
    try {
      return typeof text === 'string' ? canonicalQuantity(text) : keptQuantity(text);
    } catch (error) {
      if (error instanceof QuantityError) throw new DecodeError(error.message, true, { cause: error });
      throw error;
    }
  },
  zero: () => '0',
  isZero: never,
};

const INT_OR_STRING_READER: Reader = {
  goType: 'int32',
  read: (value, position) => (typeof value === 'string' ? value : INT32.read(value, position)),
  zero: nothing,
  isZero: never,
};

/** Free-form JSON (RawExtension, FieldsV1): kept as it is, nulls included. */
const FREE_FORM: Reader = { goType: 'runtime.RawExtension', read: (value) => value, zero: nothing, isZero: never };

const JSON_SCHEMA = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';

/** A schema, or something else in its place. Source: apiextensions-apiserver pkg/apis/apiextensions/v1/marshal.go. */
function schemaOr(other: (value: unknown, position: DecodePosition) => unknown): Reader {
  return {
    goType: 'v1.JSONSchemaProps',
    read: (value, position) =>
      isJsonObject(value) ? typeReader(JSON_SCHEMA).read(value, position) : other(value, position),
    zero: nothing,
    isZero: never,
  };
}

const SCHEMA_OR_BOOLEAN = schemaOr((value) => {
  if (typeof value === 'boolean') return value;
  throw new DecodeError('boolean or JSON schema expected');
});
const SCHEMA_OR_LIST = schemaOr((value, position) =>
  Array.isArray(value) ? listReader(typeReader(JSON_SCHEMA)).read(value, position) : undefined,
);
const SCHEMA_OR_TEXTS = schemaOr((value, position) =>
  Array.isArray(value) ? listReader(STRING).read(value, position) : undefined,
);

const SPECIAL: ReadonlyMap<string, Reader> = new Map([
  [`${JSON_SCHEMA}OrBool`, SCHEMA_OR_BOOLEAN],
  [`${JSON_SCHEMA}OrArray`, SCHEMA_OR_LIST],
  [`${JSON_SCHEMA}OrStringArray`, SCHEMA_OR_TEXTS],
  [TIME, TIME_READER],
  [MICRO_TIME, MICRO_TIME_READER],
  [QUANTITY, QUANTITY_READER],
  [INT_OR_STRING, INT_OR_STRING_READER],
]);

/** Quantities that are values and not pointers, which the schema cannot mark: Go writes their zero. */
const VALUE_QUANTITIES: ReadonlySet<string> = new Set([
  'io.k8s.api.core.v1.ResourceFieldSelector.divisor',
  'io.k8s.api.resource.v1.Counter.value',
  'io.k8s.api.resource.v1.DeviceCapacity.value',
]);

function listReader(item: Reader): Reader {
  return {
    goType: `[]${item.goType}`,
    read(value, position) {
      if (!Array.isArray(value)) throw position.mismatch(jsonKind(value), this.goType);
      return value.map((entry: unknown) => (entry === null ? (item.zero() ?? null) : item.read(entry, position)));
    },
    zero: nothing,
    isZero: (value) => (value as unknown[]).length === 0,
  };
}

/** Without a list of the keys: a map may have ten thousand. */
function isEmptyMap(map: object): boolean {
  for (const _key in map) return false;
  return true;
}

function mapReader(item: Reader): Reader {
  return {
    goType: item === QUANTITY_READER ? 'v1.ResourceList' : `map[string]${item.goType}`,
    read(value, position) {
      if (!isJsonObject(value)) throw position.mismatch(jsonKind(value), this.goType);
      const result: Record<string, unknown> = {};
      for (const key of Object.keys(value).sort(byCodeUnit)) {
        const entry = value[key];
        setMember(result, key, entry === null ? (item.zero() ?? null) : item.read(entry, position));
      }
      return result;
    },
    zero: nothing,
    isZero: (value) => isEmptyMap(value as object),
  };
}

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the fields of a Go struct in the order of the schema, which is alphabetical: equal objects give equal JSON. */
class StructReader implements Reader {
  readonly goType: string;
  private readonly struct: string;
  private compiled: readonly FieldReader[] | undefined;

  constructor(
    private readonly type: string,
    private readonly facts: TypeFacts,
  ) {
    const [version = '', struct = ''] = type.split('.').slice(-2);
    this.struct = struct;
    this.goType = `${version}.${struct}`;
  }

  read(value: unknown, position: DecodePosition): Record<string, unknown> {
    if (!isJsonObject(value)) throw position.mismatch(jsonKind(value), this.goType);
    const result: Record<string, unknown> = {};
    for (const { name, goName, reader, always, kept } of this.fields()) {
      const given = value[name];
      let canonical: unknown;
      if (given === undefined || given === null) {
        if (!always) continue;
        canonical = reader.zero();
      } else {
        position.enter(this.struct, goName);
        canonical = reader.read(given, position);
        position.leave();
        if (!always && !kept && reader.isZero(canonical)) continue;
      }
      if (canonical !== undefined) result[name] = canonical;
    }
    if (this.facts.open) this.keepOthers(value, result);
    return result;
  }

  private keepOthers(value: Record<string, unknown>, result: Record<string, unknown>): void {
    const fields = this.facts.fields ?? {};
    for (const name of Object.keys(value).sort(byCodeUnit)) {
      if (!Object.hasOwn(fields, name)) result[name] = value[name];
    }
  }

  zero(): unknown {
    return this.read({}, new DecodePosition());
  }

  isZero(): boolean {
    return false;
  }

  /** Types may refer to each other in a circle, so fields are compiled when they are first read. */
  private fields(): readonly FieldReader[] {
    this.compiled ??= Object.entries(this.facts.fields ?? {})
      .map(([name, facts]) => this.compile(name, facts))
      .sort((a, b) => byCodeUnit(a.name, b.name));
    return this.compiled;
  }

  private compile(name: string, facts: FieldFacts): FieldReader {
    return {
      name,
      goName: goFieldOf(this.type, name),
      reader: readerOf(facts, goTextOf(this.type, name)),
      always:
        (isZeroDefault(facts.default) && facts.omitEmpty !== true) ||
        VALUE_QUANTITIES.has(`${this.type}.${name}`) ||
        writesNullTime(this.type, name, facts.ref),
      kept: (facts.pointer ?? facts.keepsEmpty) === true,
    };
  }
}

function isZeroDefault(value: unknown): boolean {
  return value === '' || value === 0 || value === false || (isJsonObject(value) && Object.keys(value).length === 0);
}

/** By the facts: those of a name change when clients define it anew. */
const readers = new WeakMap<TypeFacts, Reader>();

function typeReader(type: string): Reader {
  const special = SPECIAL.get(type);
  if (special) return special;
  const facts = lookupType(type);
  if (!facts) return FREE_FORM;
  const known = readers.get(facts);
  if (known) return known;
  const { read } = facts;
  const reader = read
    ? { ...FREE_FORM, read: (value: unknown) => read(value) }
    : facts.fields
      ? new StructReader(type, facts)
      : FREE_FORM;
  readers.set(facts, reader);
  return reader;
}

/** `textType` names the Go type of texts. */
function readerOf(facts: ValueFacts, textType = STRING.goType): Reader {
  if (facts.ref !== undefined) return typeReader(facts.ref);
  if (facts.arrayOf) return listReader(readerOf(facts.arrayOf, textType));
  if (facts.mapOf) return mapReader(readerOf(facts.mapOf, textType));
  switch (facts.type) {
    case 'string':
      if (facts.format === 'byte') return BYTES;
      return textType === STRING.goType ? STRING : { ...STRING, goType: textType };
    case 'boolean':
      return BOOLEAN;
    case 'integer':
      return facts.format === 'int32' ? INT32 : INT64;
    case 'number':
      return NUMBER;
    default:
      return FREE_FORM;
  }
}

/**
 * Returns a JSON value as Go's decoder and encoder would write it back. Unknown fields, nulls and what `omitempty`
 * drops are gone; value structs are filled in; quantities and times are in canonical form; keys are in alphabetical
 * order.
 * @param type Name of the type in the schema.
 * @throws DecodeError when a value has the wrong type.
 */
export function canonicalValue(type: string, value: unknown): unknown {
  const reader = typeReader(type);
  return value === null ? reader.zero() : reader.read(value, new DecodePosition());
}
