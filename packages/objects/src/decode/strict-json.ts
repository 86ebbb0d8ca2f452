import { goFieldOf, INT_OR_STRING, lookupType, type ValueFacts } from '../schema/index.js';
import { DecodeError } from './decode-error.js';

/**
 * What is known of a value: its facts, or that it has none, or that its content is not checked (free-form values,
 * unknown fields).
 */
type Known = ValueFacts | 'anything' | 'unseen';

interface Frame {
  path: string;
  /** The keys read so far; undefined in a list. */
  keys: Set<string> | undefined;
  facts: Known;
  /** The current member or element, and its facts. */
  child: string | number;
  childFacts: Known;
}

/**
 * Lists what a strict decoder refuses in a JSON text, in the order of the text. `duplicate field "spec.x"` is a member
 * that occurs twice in one object (JSON.parse keeps the last one without an error). `unknown field "spec.y"` is a
 * member that its type does not have. Each path is listed once, and nothing inside an unknown field is listed.
 *
 * One pass without recursion. The text must be valid JSON. Without a schema only duplicates are found.
 */
export function strictJsonErrors(text: string, schema?: string): string[] {
  const found = new Set<string>();
  scan(text, schema, { key: (frame, keys, key) => readKey(frame, keys, key, found) });
  return [...found];
}

/** A member or element that is a number and not written as an integer. It is no part of a text, which ends by `"`. */
const OTHER_NUMBER = /[:,[]\s*-?\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+)\s*[,}\]]/;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Go's decoder reads an integer from its digits only: `5.0` and `1e2` are none. Returns the error of the first one. */
export function integerFault(text: string, schema: string): DecodeError | undefined {
  if (!OTHER_NUMBER.test(text)) return undefined;
  let fault: DecodeError | undefined;
  scan(text, schema, {
    key: readKeyOnly,
    number: (literal, frame, around) => {
      const goType = fault || /^-?\d+$/.test(literal) ? undefined : integerType(frame.childFacts);
      if (goType === undefined) return;
      const path = goPath(
        schema,
        childPath(frame)
          .replaceAll(/\[\d+\]/g, '')
          .split('.'),
      );
      const field = `Go struct field ${structOf(around)}.${path}`;
      fault = new DecodeError(`json: cannot unmarshal number ${literal} into ${field} of type ${goType}`);
    },
  });
  return fault;
}

/** A path by the names of its types' fields in Go. No map holds integers, so that each part is a field. */
function goPath(schema: string, path: readonly string[]): string {
  let type: string | undefined = schema;
  const parts = path.map((name) => {
    const facts: ValueFacts | undefined = type === undefined ? undefined : lookupType(type)?.fields?.[name];
    const shown = type === undefined ? name : goFieldOf(type, name);
    type = facts?.ref ?? facts?.arrayOf?.ref;
    return shown;
  });
  return parts.join('.');
}

function integerType(facts: Known): string | undefined {
  if (typeof facts === 'string') return undefined;
  if (facts.ref === INT_OR_STRING) return 'int32';
  if (facts.type !== 'integer') return undefined;
  return facts.format === 'int32' ? 'int32' : 'int64';
}

interface Visitor {
  key(frame: Frame, keys: Set<string>, key: string): void;
  /** `around`: what is around the number, the innermost last. */
  number?(literal: string, frame: Frame, around: readonly Frame[]): void;
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_MAP, CLOSE_MAP, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
const [MINUS, ZERO, NINE] = [0x2d, 0x30, 0x39];

/** One pass without recursion. */
function scan(text: string, schema: string | undefined, visitor: Visitor): void {
  const root: Known = schema === undefined ? 'anything' : { ref: schema };
  const stack: Frame[] = [];
  let frame: Frame | undefined;
  let expectsKey = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    switch (code) {
      case OPEN_MAP:
      case OPEN_LIST: {
        const facts: Known = frame ? frame.childFacts : root;
        const path = frame ? childPath(frame) : '';
        expectsKey = code === OPEN_MAP;
        frame = expectsKey
          ? { path, keys: new Set(), facts, child: '', childFacts: facts }
          : { path, keys: undefined, facts, child: 0, childFacts: itemFacts(facts) };
        stack.push(frame);
        break;
      }
      case CLOSE_MAP:
      case CLOSE_LIST:
        stack.pop();
        frame = stack.at(-1);
        expectsKey = false;
        break;
      case COMMA:
        if (frame?.keys) expectsKey = true;
        else if (typeof frame?.child === 'number') frame.child += 1;
        break;
      case QUOTE: {
        const end = endOfString(text, i);
        if (expectsKey && frame?.keys) {
          visitor.key(frame, frame.keys, stringAt(text, i, end));
          expectsKey = false;
        }
        i = end;
        break;
      }
      default:
        if (visitor.number && frame && (code === MINUS || (code >= ZERO && code <= NINE))) {
          NUMBER.lastIndex = i;
          const literal = NUMBER.exec(text)?.[0] ?? '-';
          visitor.number(literal, frame, stack);
          i += literal.length - 1;
        }
    }
  }
}

/** The index of the quote that ends a string. */
function endOfString(text: string, begin: number): number {
  let end = text.indexOf('"', begin + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

/** True after an odd number of backslashes. */
function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text.charCodeAt(before) === BACKSLASH) before -= 1;
  return (at - before) % 2 === 0;
}

/** The value of a string whose quotes are at these indices. */
function stringAt(text: string, begin: number, end: number): string {
  const inner = text.slice(begin + 1, end);
  return inner.includes('\\') ? (JSON.parse(text.slice(begin, end + 1)) as string) : inner;
}

/** The path of the current member or element. */
function childPath({ path, child }: Frame): string {
  if (typeof child === 'number') return `${path}[${child}]`;
  return path === '' ? child : `${path}.${child}`;
}

/** The name of the innermost struct; empty outside of any. */
function structOf(around: readonly Frame[]): string {
  for (const { facts } of around.toReversed()) {
    if (typeof facts !== 'string' && facts.ref !== undefined) return facts.ref.slice(facts.ref.lastIndexOf('.') + 1);
  }
  return '';
}

function readKeyOnly(frame: Frame, keys: Set<string>, key: string): void {
  readKey(frame, keys, key, new Set());
}

function readKey(frame: Frame, keys: Set<string>, key: string, found: Set<string>): void {
  frame.child = key;
  const facts = memberFacts(frame.facts, key);
  frame.childFacts = facts ?? 'unseen';
  if (facts === undefined) found.add(`unknown field ${JSON.stringify(childPath(frame))}`);
  else if (frame.facts !== 'unseen' && keys.has(key)) found.add(`duplicate field ${JSON.stringify(childPath(frame))}`);
  keys.add(key);
}

/** The facts of a member; undefined when its type does not have it. */
function memberFacts(facts: Known, key: string): Known | undefined {
  if (typeof facts === 'string') return facts;
  if (facts.mapOf) return facts.mapOf;
  const fields = facts.ref === undefined ? undefined : lookupType(facts.ref)?.fields;
  if (!fields) return 'unseen';
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

function itemFacts(facts: Known): Known {
  if (typeof facts === 'string') return facts;
  return facts.arrayOf ?? 'unseen';
}
