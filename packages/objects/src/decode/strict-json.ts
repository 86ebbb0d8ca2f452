import { lookupType, type ValueFacts } from '../schema/index.js';

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
          readKey(frame, frame.keys, JSON.parse(literal) as string, found);
          expectsKey = false;
        }
        i += literal.length - 1;
        break;
      }
    }
  }
  return [...found];
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
