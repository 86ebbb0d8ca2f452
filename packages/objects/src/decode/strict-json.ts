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
  /** Path and facts of the current member or element. */
  child: string;
  childFacts: Known;
  index: number;
}

const STRING = /"(?:[^"\\]|\\.)*"/y;

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
    number: (literal, frame, structs) => {
      const goType = fault || /^-?\d+$/.test(literal) ? undefined : integerType(frame.childFacts);
      if (goType === undefined) return;
      const path = goPath(schema, frame.child.replaceAll(/\[\d+\]/g, '').split('.'));
      const field = `Go struct field ${structs.at(-1) ?? ''}.${path}`;
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
  /** `structs`: the names of the types around the number, the innermost last. */
  number?(literal: string, frame: Frame, structs: readonly string[]): void;
}

/** One pass without recursion. */
function scan(text: string, schema: string | undefined, visitor: Visitor): void {
  const root: Known = schema === undefined ? 'anything' : { ref: schema };
  const stack: Frame[] = [];
  let frame: Frame | undefined;
  let expectsKey = false;
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '{':
      case '[': {
        const path: string = frame?.child ?? '';
        const facts: Known = frame ? frame.childFacts : root;
        const isObject = text[i] === '{';
        frame = {
          path,
          keys: isObject ? new Set() : undefined,
          facts,
          child: isObject ? path : `${path}[0]`,
          childFacts: isObject ? facts : itemFacts(facts),
          index: 0,
        };
        stack.push(frame);
        expectsKey = isObject;
        break;
      }
      case '}':
      case ']':
        stack.pop();
        frame = stack.at(-1);
        expectsKey = false;
        break;
      case ',':
        if (frame?.keys) expectsKey = true;
        else if (frame) {
          frame.index += 1;
          frame.child = `${frame.path}[${frame.index}]`;
        }
        break;
      case '"': {
        STRING.lastIndex = i;
        const literal = STRING.exec(text)?.[0] ?? '"';
        if (expectsKey && frame?.keys) {
          visitor.key(frame, frame.keys, JSON.parse(literal) as string);
          expectsKey = false;
        }
        i += literal.length - 1;
        break;
      }
      default:
        if (visitor.number && frame && /[-\d]/.test(text[i] as string)) {
          NUMBER.lastIndex = i;
          const literal = NUMBER.exec(text)?.[0] ?? '-';
          visitor.number(literal, frame, structsOf(stack));
          i += literal.length - 1;
        }
    }
  }
}

const structsOf = (stack: readonly Frame[]): string[] =>
  stack.flatMap(({ facts }) => {
    const ref = typeof facts === 'string' ? undefined : facts.ref;
    return ref === undefined ? [] : [ref.slice(ref.lastIndexOf('.') + 1)];
  });

function readKeyOnly(frame: Frame, keys: Set<string>, key: string): void {
  readKey(frame, keys, key, new Set());
}

function readKey(frame: Frame, keys: Set<string>, key: string, found: Set<string>): void {
  frame.child = frame.path === '' ? key : `${frame.path}.${key}`;
  const facts = memberFacts(frame.facts, key);
  frame.childFacts = facts ?? 'unseen';
  if (facts === undefined) found.add(`unknown field ${JSON.stringify(frame.child)}`);
  else if (frame.facts !== 'unseen' && keys.has(key)) found.add(`duplicate field ${JSON.stringify(frame.child)}`);
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
